"""The CapabilityStatement is true: every claim in it is exercised, and what it does not claim is cleanly refused.

https://hl7.org/fhir/R4/http.html#capabilities
"""

from collections.abc import Iterator
from typing import Any

import pytest

from service.fhir.capability import capability_statement
from service.fhir.searching import PARAMETERS
from service.fhir.structure import check_structure
from tests.conftest import Rest, content
from tests.web import claims
from tests.web.claims import EXERCISES, REFUSALS, refused

STATEMENT = capability_statement("http://sural.example/fhir", "test", "2026-11-21T12:00:00.000Z")
SERVER = STATEMENT["rest"][0]
TYPES = {resource["type"]: resource for resource in SERVER["resource"]}
EVERY_PARAMETER = {"_tag", "_profile", "_text", *(name for known in PARAMETERS.values() for name in known)}


def flag(type_name: str, name: str) -> Any:
    return TYPES[type_name].get(name, claims.ABSENT.get(name, False))


def is_claim(value: Any) -> bool:
    return value not in (False, "not-supported", "no-version")


def interactions(type_name: str) -> set[str]:
    return {interaction["code"] for interaction in TYPES[type_name]["interaction"]}


def operations(type_name: str) -> set[str]:
    return {operation["name"] for operation in TYPES[type_name].get("operation", ())}


def claimed() -> Iterator[tuple[str, str, Any]]:
    """Type, kind and value of every claim but the search parameters."""
    for type_name in TYPES:
        yield from ((type_name, "interaction", code) for code in sorted(interactions(type_name)))
        yield from ((type_name, "operation", name) for name in sorted(operations(type_name)))
        flags = ((name, flag(type_name, name)) for name in claims.EVERY_FLAG)
        yield from ((type_name, name, value) for name, value in flags if is_claim(value))


def unclaimed() -> Iterator[tuple[str, str, Any]]:
    """Type, kind and value of what R4 knows and the statement does not claim."""
    for type_name in TYPES:
        others = set(claims.EVERY_INTERACTION) - interactions(type_name)
        yield from ((type_name, "interaction", code) for code in sorted(others))
        flags = ((name, flag(type_name, name)) for name in claims.EVERY_FLAG)
        yield from ((type_name, name, value) for name, value in flags if not is_claim(value))
    offered = {interaction["code"] for interaction in SERVER.get("interaction", ())}
    yield from (("", "system", code) for code in claims.SYSTEM_INTERACTIONS if code not in offered)


@pytest.fixture
def filled(rest: Rest) -> Rest:
    claims.fill(rest)
    return rest


def test_the_interface_publishes_this_statement(rest: Rest) -> None:
    published = content(rest.get("metadata"))
    # The library takes the code of the value set of formats for one of its codes.
    check_structure({**published, "format": ["json"]}, "CapabilityStatement")
    assert (published["fhirVersion"], published["kind"]) == ("4.0.1", "instance")
    assert published["rest"] == STATEMENT["rest"]


def test_there_is_no_other_kind_of_claim() -> None:
    """A new kind of claim needs an exercise: say here that it has one."""
    assert set(SERVER) <= {"mode", "security", "resource", "interaction"}
    known = {"type", "documentation", "interaction", "searchParam", "operation", *claims.EVERY_FLAG}
    assert set().union(*TYPES.values()) <= known


@pytest.mark.parametrize(("type_name", "kind", "value"), list(claimed()))
def test_every_claim_is_true(filled: Rest, type_name: str, kind: str, value: Any) -> None:
    assert (kind, value) in EXERCISES, "this claim has no exercise: write one in claims.py"
    EXERCISES[kind, value](filled, type_name)


def test_each_role_that_is_claimed_has_what_it_asks_for() -> None:
    """SDC asks a receiver for create and update, a manager for read and search as well."""
    sdc = "http://hl7.org/fhir/uv/sdc/CapabilityStatement/sdc-form-"
    asked = {"receiver": {"create", "update"}, "response-manager": {"create", "update", "read", "search-type"}}
    for role in STATEMENT["instantiates"]:
        assert asked[role.removeprefix(sdc)] <= interactions("QuestionnaireResponse")


def test_no_claim_stands_at_the_level_of_the_system() -> None:
    assert not SERVER.get("interaction")
    assert not SERVER.get("operation")


@pytest.mark.parametrize(("type_name", "kind", "value"), list(unclaimed()))
def test_what_is_not_claimed_is_cleanly_refused(filled: Rest, type_name: str, kind: str, value: Any) -> None:
    before = [filled.found(f"{name}?_count=200") for name in TYPES]
    REFUSALS[kind, value](filled, type_name)
    assert [filled.found(f"{name}?_count=200") for name in TYPES] == before


@pytest.mark.parametrize(
    ("type_name", "name"), [(t, parameter["name"]) for t, claim in TYPES.items() for parameter in claim["searchParam"]]
)
def test_every_search_parameter_finds(filled: Rest, type_name: str, name: str) -> None:
    claims.search_parameter(filled, type_name, name)


@pytest.mark.parametrize("type_name", TYPES)
def test_a_search_parameter_that_is_not_claimed_is_refused(filled: Rest, type_name: str) -> None:
    claimed_here = {parameter["name"] for parameter in TYPES[type_name]["searchParam"]}
    for name in sorted(EVERY_PARAMETER - claimed_here):
        refused(filled.get(f"{type_name}?{name}=x", Prefer="handling=strict"))


@pytest.mark.parametrize("type_name", TYPES)
def test_an_operation_that_is_not_claimed_is_refused(filled: Rest, type_name: str) -> None:
    for name in sorted(set(claims.OPERATIONS) - operations(type_name)):
        for path in (f"{type_name}/${name}", f"{claims.place(filled, type_name)}/${name}", f"${name}"):
            for method in ("GET", "POST", "PUT", "DELETE"):
                refused(claims.send(filled, method, path))


@pytest.mark.parametrize("format", STATEMENT["format"])
def test_every_format_is_given(rest: Rest, format: str) -> None:
    assert rest.get(f"metadata?_format={format}", Accept="text/plain").status_code == 200


def test_a_type_that_is_not_claimed_is_refused(filled: Rest) -> None:
    for name in ("Patient", "Practitioner", "Bundle", "Device", "CapabilityStatement"):
        for method, path in (("GET", name), ("GET", f"{name}/1"), ("POST", name), ("PUT", f"{name}/1")):
            refused(claims.send(filled, method, path))
