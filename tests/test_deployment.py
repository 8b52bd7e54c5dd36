"""Dockerfile, docker-compose.yml and the lock files agree with the code; they are read here, not run."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec.models import ComposeSpecification
from pydantic import ValidationError
from sqlalchemy.engine import make_url

from service.cli.main import COMMANDS
from service.cli.operations.publish import publish_command
from service.settings import Settings
from service.web.health import health
from tests.hapi.test_hapi_clients import VERSIONS
from tests.support.files import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)["services"]
OURS = {name: each for name, each in SERVICES.items() if each.get("image") == "sural"}
LOCKS = ("requirements.lock", "requirements-population.lock", "requirements-dev.lock", "requirements-build.lock")


def locked(name: str) -> dict[str, str]:
    """The packages of a lock file, each with its version."""
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / name).read_text(), re.M))


def image_environment() -> dict[str, str]:
    (line,) = re.findall(r"^ENV (.*)$", DOCKERFILE, re.M)
    return dict(each.split("=", 1) for each in line.split())


def known_settings() -> set[str]:
    return {f"SURAL_{field.name.upper()}" for field in fields(Settings)}


def unknown_keys(given: object, understood: object) -> list[str]:
    """The keys of a compose file that its specification does not have; those that begin with "x-" are the author's."""
    if not isinstance(given, dict) or not isinstance(understood, dict):
        return []
    found = [key for key in given if key not in understood and not key.startswith("x-")]
    return found + [key for name in given for key in unknown_keys(given[name], understood.get(name))]


def faults_of(compose: object) -> list[str]:
    """What the specification of compose files refuses. The classes are made from its JSON schema, and ignore unknown
    keys."""
    try:
        read = ComposeSpecification.model_validate(compose)
    except ValidationError as problem:
        return [str(each["loc"]) for each in problem.errors()]
    return unknown_keys(compose, read.model_dump(by_alias=True))


def test_the_compose_file_is_valid_by_its_specification() -> None:
    assert faults_of(yaml.safe_load(COMPOSE_TEXT)) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("ports:", "portz:"), ("retries:", "tries:"), ("service_healthy", "healthy"), ("\nvolumes:", "\nvolume:")],
)
def test_a_mistake_in_the_compose_file_is_found(right: str, wrong: str) -> None:
    assert faults_of(yaml.safe_load(COMPOSE_TEXT.replace(right, wrong, 1)))


def test_every_setting_that_the_files_name_is_known() -> None:
    named = set(re.findall(r"\bSURAL_[A-Z_]+", DOCKERFILE + COMPOSE_TEXT))
    assert named <= known_settings()


def test_one_port_is_meant_everywhere() -> None:
    port = str(next(field.default for field in fields(Settings) if field.name == "port"))
    assert image_environment()["SURAL_PORT"] == port
    assert re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.M) == [port]
    (published,) = SERVICES["sural"]["ports"]
    host, outside, inside = published.split(":")
    assert (host, inside) == ("127.0.0.1", port)
    assert SERVICES["sural"]["environment"]["SURAL_BASE_URL"] == f"http://{host}:{outside}/fhir"


def test_the_health_check_asks_whether_the_service_is_ready_at_its_own_port() -> None:
    (check,) = re.findall(r"^HEALTHCHECK (.*)$", DOCKERFILE, re.M)
    assert "os.environ['SURAL_PORT']" in check
    assert "'/health/ready'" in check
    assert health.name == "health"
    disabled = {name for name, each in OURS.items() if each.get("healthcheck", {}).get("disable")}
    assert disabled == OURS.keys() - {"sural"}


def test_the_image_runs_as_an_ordinary_user_on_a_root_that_may_be_read_only() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER sural$", last, re.M)
    assert all(each["read_only"] and "/tmp" in each["tmpfs"] for each in OURS.values())  # noqa: S108 of the container


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.M):
        for path in line.split():
            assert (ROOT / path).exists(), path
            assert path in kept, path


def test_everything_that_the_wheel_needs_is_copied() -> None:
    wheel = re.findall(r'^"?([\w/-]+)"? = "service/data/', (ROOT / "pyproject.toml").read_text(), re.M)
    assert len(wheel) == 3
    for path in wheel:
        assert f"COPY {path} {path}" in DOCKERFILE


def test_the_commands_exist() -> None:
    commands = {name: each.get("command", ["serve"]) for name, each in OURS.items()}
    assert {command[0] for command in commands.values()} <= COMMANDS.keys()
    options = {name for parameter in publish_command.params for name in parameter.opts}
    assert set(commands["publish"][1:]) <= options


def test_the_addresses_of_the_databases_are_those_of_their_servers() -> None:
    ours = make_url(OURS["sural"]["environment"]["SURAL_DATABASE"])
    assert (ours.username, ours.password, ours.database) == credentials("postgres")
    assert ours.host == "postgres"
    hapi = SERVICES["hapi"]["environment"]
    assert hapi["SPRING_DATASOURCE_URL"] == "jdbc:postgresql://hapi-postgres:5432/hapi"
    assert (hapi["SPRING_DATASOURCE_USERNAME"], hapi["SPRING_DATASOURCE_PASSWORD"], "hapi") == credentials(
        "hapi-postgres"
    )


def credentials(name: str) -> tuple[str, ...]:
    set_ = SERVICES[name]["environment"]
    return tuple(set_[f"POSTGRES_{each}"] for each in ("USER", "PASSWORD", "DB"))


def test_the_readme_asks_hapi_at_the_port_where_it_is_published() -> None:
    (published,) = SERVICES["hapi"]["ports"]
    asked = re.findall(r"http://(\S+)/fhir/\w+\?\w+=(?:Patient/)?example-low-mood", (ROOT / "README.md").read_text())
    assert published.rpartition(":")[0] in asked


def test_each_database_is_in_a_volume() -> None:
    kept = {volume.split(":")[0] for each in SERVICES.values() for volume in each.get("volumes", [])}
    assert kept == set(yaml.safe_load(COMPOSE_TEXT)["volumes"]) == {"sural-data", "hapi-data"}


def test_hapi_is_the_newest_version_that_the_tests_use() -> None:
    assert SERVICES["hapi"]["image"].startswith(f"hapiproject/hapi:v{VERSIONS[-1]}-")


def test_both_stages_have_one_python_that_the_package_accepts() -> None:
    versions = re.findall(r"^FROM python:(\S+?)-", DOCKERFILE, re.M)
    assert len(versions) == 2
    assert len(set(versions)) == 1
    assert versions[0] in ("3.11", "3.12", "3.13")


@pytest.mark.parametrize("name", LOCKS)
def test_each_package_has_a_hash(name: str) -> None:
    blocks = re.split(r"^(?=[a-z0-9._-]+==)", (ROOT / name).read_text(), flags=re.M)[1:]
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)


def test_a_package_has_one_version_in_all_locks() -> None:
    run, population, develop, build = (locked(name) for name in LOCKS)
    assert run.items() < population.items() < develop.items()
    assert build["hatchling"] == develop["hatchling"]
    assert build.items() & develop.items() >= {("hatchling", build["hatchling"])}


def test_what_runs_has_no_tools_for_tests() -> None:
    assert not locked("requirements.lock").keys() & {"pytest", "hypothesis", "mypy", "ruff", "requests", "hatchling"}


def test_the_libraries_of_the_population_come_with_its_extra_alone() -> None:
    libraries = {"numpy", "pyarrow", "dask", "distributed"}
    assert libraries <= locked("requirements-population.lock").keys()
    assert not libraries & locked("requirements.lock").keys()


def test_the_wheel_is_built_with_the_locked_hatchling() -> None:
    (required,) = re.findall(r'^requires = \["hatchling==(\S+)"\]$', (ROOT / "pyproject.toml").read_text(), re.M)
    assert locked("requirements-build.lock")["hatchling"] == required


def test_the_makefile_installs_wheels_with_their_hashes() -> None:
    recipe = Path(ROOT / "Makefile").read_text().partition(".venv/filled:")[2].partition("\n\n")[0]
    assert "--require-hashes" in recipe
    assert "--only-binary :all:" in recipe
