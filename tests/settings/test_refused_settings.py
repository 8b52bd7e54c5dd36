"""Settings that are refused: each wrong value, unknown name and contradiction is named."""

from pathlib import Path

import pytest

from service.settings import WrongSetting, read_settings
from tests.support.running.command_line import run_sural


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SURAL_HOST", "0.0.0.0", "SURAL_AUTH=open"),  # noqa: S104 the very thing that is refused
        ("SURAL_AUTH", "none", "SURAL_AUTH"),
        ("SURAL_PORT", "http", "SURAL_PORT"),
        ("SURAL_FHIR_SERVER", "fhir.example", "SURAL_FHIR_SERVER"),
        ("SURAL_BASE_URL", "sural", "SURAL_BASE_URL"),
        ("SURAL_FHIR_SERVER", "http://[::1", "SURAL_FHIR_SERVER"),
        ("SURAL_FHIR_SERVER", "http://fhir.example:99999", "SURAL_FHIR_SERVER"),
        ("SURAL_FHIR_SERVER", "http://", "SURAL_FHIR_SERVER"),
        ("SURAL_IF_MATCH", "sometimes", "SURAL_IF_MATCH"),
        ("SURAL_RECOGNISE", "snomed", "SURAL_RECOGNISE"),
        ("SURAL_CORS_ORIGINS", "*", "SURAL_CORS_ORIGINS"),
        ("SURAL_CORS_ORIGINS", "https://ehr.example/", "SURAL_CORS_ORIGINS"),
        ("SURAL_CORS_ORIGINS", "https://ehr.example,ehr.example", "SURAL_CORS_ORIGINS"),
        ("SURAL_FHIR_SERVER_ALIASES", "https://a.example/r4,hapi:8080", "SURAL_FHIR_SERVER_ALIASES"),
        ("SURAL_DELIVERIES", "0", "SURAL_DELIVERIES"),
        ("SURAL_DELIVERIES", "9", "SURAL_DELIVERIES"),
        ("SURAL_REFUSED_DAYS", "0", "SURAL_REFUSED_DAYS"),
        ("SURAL_REFUSED_DAYS", "3651", "SURAL_REFUSED_DAYS"),
        ("SURAL_REFUSED_ROWS", "0", "SURAL_REFUSED_ROWS"),
        ("SURAL_NOTIFY_SECRET", "short", "SURAL_NOTIFY_SECRET"),
        ("SURAL_NOTIFY_SECRET", "with blanks and with äöü in it", "SURAL_NOTIFY_SECRET"),
        ("SURAL_PULL_SECONDS", "often", "SURAL_PULL_SECONDS"),
        ("SURAL_PULL_SECONDS", "86401", "SURAL_PULL_SECONDS"),
        ("SURAL_REFUSED_ROWS", "many", "SURAL_REFUSED_ROWS"),
        ("SURAL_READ_BACK", "often", "SURAL_READ_BACK"),
        ("SURAL_READ_BACK", "-1", "SURAL_READ_BACK"),
        ("SURAL_ORGANIZATION", "hospital", "SURAL_ORGANIZATION"),
        ("SURAL_SCORE_VALUE", "string", "SURAL_SCORE_VALUE"),
        ("SURAL_QUALITY_CODES", "child", "SURAL_QUALITY_CODES"),
    ],
)
def test_what_cannot_work_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting, match=complaint):
        read_settings()


SPAN = "must be a time such as 15m or 4h: a number with s, m, h or d, at most 7d."
OWNERS = (
    "must be references separated by commas, such as PractitionerRole/on-call,Organization/clinic: each to a "
    "Practitioner, PractitionerRole, Organization, CareTeam or HealthcareService."
)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SURAL_PORT", "http", "must be a number from 0 to 65535."),
        ("SURAL_PORT", "65536", "must be a number from 0 to 65535."),
        ("SURAL_PORT", "-1", "must be a number from 0 to 65535."),
        ("SURAL_PORT", "٣", "must be a number from 0 to 65535."),
        ("SURAL_DELIVERIES", "9", "must be a number from 1 to 8."),
        ("SURAL_LOG_LEVEL", "loud", "must be debug, info, warning, error or critical."),
        ("SURAL_LOG_LEVEL", "notset", "must be debug, info, warning, error or critical."),
        ("SURAL_ASSERTER_LABELS", "perhaps", "must be true or false."),
        ("SURAL_AUTH", "none", "must be open or smart, or not set."),
        ("SURAL_IF_MATCH", "", "must be optional or required."),
        ("SURAL_QUALITY_CODES", "child", "must be adult or adolescent, or not set."),
        ("SURAL_ESCALATE_EMERGENCY", "0m", SPAN),
        ("SURAL_ESCALATE_EMERGENCY", "15", SPAN),
        ("SURAL_ESCALATE_SAME_DAY", "8d", SPAN),
        ("SURAL_ESCALATION", "Patient/p", OWNERS),
        ("SURAL_ESCALATION", "PractitionerRole/a,", OWNERS),
        ("SURAL_MAPPINGS", "/nowhere", "must be a folder that exists and that the service may read."),
        ("SURAL_QUESTIONNAIRES", __file__, "must be a folder that exists and that the service may read."),
    ],
)
def test_a_wrong_value_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting) as refusal:
        read_settings()
    assert str(refusal.value) == f"{name}: {sentence}"


@pytest.mark.parametrize(
    "profiles", ["Observation", "Observation=", "http://a.example/p", "Patient=http://a.example/p", "Task=a b", ","]
)
def test_profiles_that_nothing_can_have_are_refused(monkeypatch: pytest.MonkeyPatch, profiles: str) -> None:
    monkeypatch.setenv("SURAL_PROFILES", profiles)
    with pytest.raises(WrongSetting) as refusal:
        read_settings()
    assert str(refusal.value) == (
        "SURAL_PROFILES: must be profiles by type, separated by commas, such as Task=http://ehr.example/task. "
        "A type is QuestionnaireResponse, Observation, ClinicalImpression, Provenance or Task."
    )


def test_every_wrong_value_is_named_not_only_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"SURAL_PORT": "x", "SURAL_LOG_LEVEL": "x", "SURAL_HOST": "192.0.2.1", "SURAL_COLOUR": "x"}
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting) as refusal:
        read_settings()
    assert {line.split(":")[0] for line in str(refusal.value).splitlines()} == set(wrong)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("SURAL_FHIR_SEVER", "SURAL_FHIR_SERVER"),
        ("SURAL_LOGLEVEL", "SURAL_LOG_LEVEL"),
        ("SURAL_DATABASE_URL", "SURAL_DATABASE"),
        ("SURAL_CRISISLINE", "SURAL_CRISIS_LINE"),
        ("SURAL_ALIASES", "SURAL_FHIR_SERVER_ALIASES"),
    ],
)
def test_an_unknown_setting_stops_the_start_and_names_the_nearest(
    monkeypatch: pytest.MonkeyPatch, name: str, nearest: str
) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(WrongSetting) as refusal:
        read_settings()
    assert str(refusal.value) == f"{name}: there is no such setting. The nearest one is {nearest}."


def test_a_folder_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run_sural("migrate", SURAL_DATABASE=f"sqlite:///{tmp_path / 'file' / 'data' / 'sural.db'}")
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
    assert "SURAL_DATABASE" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_host_that_cannot_be_one_is_a_sentence(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'sural.db'}"
    result = run_sural("serve", SURAL_HOST="ä..b", SURAL_AUTH="open", SURAL_DATABASE=database)
    assert result.exit_code == 1
    assert result.stderr == "Error: Cannot listen on SURAL_HOST ä..b, SURAL_PORT 8080: this is no name of a host.\n"


SECURED = {"ISSUERS": __file__, "BASE_URL": "https://a.example/fhir"}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"AUTH": "smart"}, ["SURAL_ISSUERS", "SURAL_BASE_URL"]),
        ({"AUTH": "smart", "BASE_URL": "https://a.example"}, ["SURAL_ISSUERS"]),
        ({"AUTH": "open", "ISSUERS": __file__}, ["SURAL_AUTH", "SURAL_BASE_URL"]),
        ({"ISSUERS": __file__}, ["SURAL_BASE_URL"]),
        ({"ISSUERS": __file__, "BASE_URL": "http://a.example", "HOST": "192.0.2.1"}, ["SURAL_BASE_URL"]),
        ({"ISSUERS": "/nowhere", "BASE_URL": "https://a.example"}, ["SURAL_ISSUERS"]),
        ({"HOST": "192.0.2.1"}, ["SURAL_HOST"]),
        ({"HOST": "192.0.2.1", "AUTH": "open"}, []),
        ({"HOST": "192.0.2.1", "ISSUERS": __file__, "BASE_URL": "https://a.example"}, []),
        ({"ISSUERS": __file__, "BASE_URL": "http://127.0.0.1:8080/fhir"}, []),
        ({"CLIENT_ID": "sural"}, ["SURAL_TOKEN_ENDPOINT", "SURAL_CLIENT_KEYS"]),
        ({"CLIENT_ID": "sural", "CLIENT_KEYS": __file__, "TOKEN_ENDPOINT": "https://a.example/token"}, []),
        (
            {
                "CLIENT_ID": "sural",
                "CLIENT_KEYS": __file__,
                "TOKEN_ENDPOINT": "http://a.example/token",
                "FHIR_SERVER": "http://b.example/fhir",
            },
            ["SURAL_TOKEN_ENDPOINT", "SURAL_FHIR_SERVER"],
        ),
        ({**SECURED, "FHIR_SERVER": "https://b.example/fhir"}, ["SURAL_FHIR_SERVER_AUTH"]),
        ({**SECURED, "FHIR_SERVER": "https://b.example/fhir", "FHIR_SERVER_AUTH": "none"}, []),
        ({"FHIR_SERVER": "http://b.example/fhir"}, []),
        ({"FHIR_SERVER_AUTH": "basic"}, ["SURAL_FHIR_SERVER_SECRET"]),
        ({"FHIR_SERVER_SECRET": __file__}, ["SURAL_FHIR_SERVER_SECRET"]),
        ({"FHIR_SERVER_SECRET": __file__, "FHIR_SERVER_AUTH": "none"}, ["SURAL_FHIR_SERVER_SECRET"]),
        ({"FHIR_SERVER_SECRET": __file__, "FHIR_SERVER_AUTH": "bearer"}, []),
        (
            {
                "FHIR_SERVER_SECRET": __file__,
                "FHIR_SERVER_AUTH": "basic",
                "FHIR_SERVER": "http://b.example/fhir",
            },
            ["SURAL_FHIR_SERVER"],
        ),
        (
            {
                "CLIENT_ID": "sural",
                "CLIENT_KEYS": __file__,
                "TOKEN_ENDPOINT": "https://a.example/token",
                "FHIR_SERVER_AUTH": "none",
            },
            ["SURAL_FHIR_SERVER_AUTH"],
        ),
    ],
    ids=str,
)
def test_access_control_is_decided_and_not_contradicted(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], names: list[str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"SURAL_{name}", value)
    try:
        read_settings()
        refused = []
    except WrongSetting as problem:
        refused = [line.partition(":")[0] for line in str(problem).splitlines()]
    assert refused == names
