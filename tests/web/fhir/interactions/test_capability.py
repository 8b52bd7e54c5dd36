"""The CapabilityStatement is true: every claim in it is exercised, and what it does not claim is cleanly refused.

https://hl7.org/fhir/R4/http.html#capabilities
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from service.fhir.definitions.capability_statement import capability_statement
from service.fhir.r4.structure import check_structure
from service.fhir.search.search_parameters import PARAMETERS
from tests.support import claimed_searches, claims
from tests.support.building import catalogue
from tests.support.claims import EXERCISES
from tests.support.files import ROOT
from tests.support.rest import Rest, content
from tests.support.unclaimed import REFUSALS, assert_refused, send_request

STATEMENT = capability_statement(
    "http://sural.example/fhir", "test", "2026-11-21T12:00:00.000Z", canonicals=catalogue().canonicals
)
SERVER = STATEMENT["rest"][0]
TYPES = {resource["type"]: resource for resource in SERVER["resource"]}
INCLUDING = {"searchInclude": "_include", "searchRevInclude": "_revinclude"}
SYSTEM_OPERATIONS = {operation["name"] for operation in SERVER["operation"]}
ROLES = ROOT / "tests" / "fhir" / "definitions" / "sdc_roles.yaml"
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
    yield from (("", "system", interaction["code"]) for interaction in SERVER["interaction"])
    yield from (("", "system operation", operation["name"]) for operation in SERVER["operation"])


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
    claims.store_submissions(rest)
    return rest


def test_the_interface_publishes_this_statement(rest: Rest) -> None:
    published = content(rest.get("metadata"))
    # The library takes the code of the value set of formats for one of its codes.
    check_structure({**published, "format": ["json"]}, "CapabilityStatement")
    assert (published["fhirVersion"], published["kind"]) == ("4.0.1", "instance")
    assert published["rest"] == STATEMENT["rest"]


def test_there_is_no_other_kind_of_claim() -> None:
    """A new kind of claim needs an exercise: say here that it has one."""
    assert set(SERVER) <= {"mode", "documentation", "security", "resource", "interaction", "operation"}
    known = {"type", "documentation", "interaction", "searchParam", "operation", *INCLUDING, *claims.EVERY_FLAG}
    assert set().union(*TYPES.values()) <= known


@pytest.mark.parametrize(("type_name", "kind", "value"), list(claimed()))
def test_every_claim_is_true(filled: Rest, type_name: str, kind: str, value: Any) -> None:
    assert (kind, value) in EXERCISES, "this claim has no exercise: write one in claims.py"
    EXERCISES[kind, value](filled, type_name)


@pytest.mark.parametrize(
    ("type_name", "parameter", "value"),
    [
        (type_name, parameter, value)
        for type_name, claim in TYPES.items()
        for element, parameter in INCLUDING.items()
        for value in claim.get(element, ())
    ],
)
def test_every_include_is_true(filled: Rest, type_name: str, parameter: str, value: str) -> None:
    claimed_searches.includes(filled, type_name, parameter, value)


@pytest.mark.parametrize("type_name", TYPES)
def test_every_documented_order_is_true(filled: Rest, type_name: str) -> None:
    named = re.search(r"`_sort` accepts ([^;]+);", TYPES[type_name]["documentation"])
    assert named is not None
    for name in named[1].split(", "):
        for key in (name, f"-{name}"):
            assert filled.get(f"{type_name}?_sort={key}").status_code == 200


def test_each_role_that_is_claimed_has_every_row_that_it_requires() -> None:
    """The rows of the roles are copied from SDC 4.0.0: sdc_roles.yaml names the source."""
    for role in STATEMENT["instantiates"]:
        assert missing_rows(role.rpartition("/")[2]) == []


@pytest.mark.parametrize("role", ["sdc-form-response-manager", "sdc-form-manager"])
def test_a_role_with_a_missing_row_is_not_claimed(role: str) -> None:
    assert missing_rows(role)
    assert not any(claimed_role.endswith(role) for claimed_role in STATEMENT["instantiates"])


def missing_rows(role: str) -> list[str]:
    """The rows of an SDC role that the statement does not have."""
    rows: list[str] = yaml.safe_load(ROLES.read_text())[role]
    has = {f"system operation {operation['name']}" for operation in SERVER["operation"]}
    for type_name in TYPES:
        has |= {f"{type_name} interaction {code}" for code in interactions(type_name)}
        has |= {f"{type_name} operation {name}" for name in operations(type_name)}
        has |= {f"{type_name} search {parameter['name']}" for parameter in TYPES[type_name]["searchParam"]}
    return [row for row in rows if row not in has]


@pytest.mark.parametrize(("type_name", "kind", "value"), list(unclaimed()))
def test_what_is_not_claimed_is_cleanly_refused(filled: Rest, type_name: str, kind: str, value: Any) -> None:
    before = [filled.found(f"{name}?_count=200") for name in TYPES]
    REFUSALS[kind, value](filled, type_name)
    assert [filled.found(f"{name}?_count=200") for name in TYPES] == before


@pytest.mark.parametrize(
    ("type_name", "name"), [(t, parameter["name"]) for t, claim in TYPES.items() for parameter in claim["searchParam"]]
)
def test_every_search_parameter_finds(filled: Rest, type_name: str, name: str) -> None:
    claimed_searches.search_parameter(filled, type_name, name)


@pytest.mark.parametrize("type_name", TYPES)
def test_a_search_parameter_that_is_not_claimed_is_refused(filled: Rest, type_name: str) -> None:
    claimed_here = {parameter["name"] for parameter in TYPES[type_name]["searchParam"]}
    for name in sorted(EVERY_PARAMETER - claimed_here):
        assert_refused(filled.get(f"{type_name}?{name}=x", Prefer="handling=strict"))


@pytest.mark.parametrize("type_name", TYPES)
def test_an_operation_that_is_not_claimed_is_refused(filled: Rest, type_name: str) -> None:
    for name in sorted(set(claims.OPERATIONS) - operations(type_name)):
        at_base = [] if name in SYSTEM_OPERATIONS else [f"${name}"]
        for path in (f"{type_name}/${name}", f"{claims.address_of(filled, type_name)}/${name}", *at_base):
            for method in ("GET", "POST", "PUT", "DELETE"):
                assert_refused(send_request(filled, method, path))


@pytest.mark.parametrize("format", STATEMENT["format"])
def test_every_format_is_given(rest: Rest, format: str) -> None:
    assert rest.get(f"metadata?_format={format}", Accept="text/plain").status_code == 200


def test_a_type_that_is_not_claimed_is_refused(filled: Rest) -> None:
    for name in ("Patient", "Practitioner", "Bundle", "Device", "CapabilityStatement"):
        for method, path in (("GET", name), ("GET", f"{name}/1"), ("POST", name), ("PUT", f"{name}/1")):
            assert_refused(send_request(filled, method, path))


def test_the_statement_names_the_questionnaires_taken_editions_included(rest: Rest) -> None:
    (server,) = content(rest.get("metadata"))["rest"]
    (text,) = [each["documentation"] for each in server["resource"] if each["type"] == "QuestionnaireResponse"]
    for canonical in ("https://w3id.org/sural/Questionnaire/leg-pain", "http://loinc.org/q/44249-1"):
        assert canonical in text
