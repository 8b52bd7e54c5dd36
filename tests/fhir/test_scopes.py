"""SMART scopes: https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html"""

import pytest

from service.fhir.scopes import TYPES, parse_scopes


@pytest.mark.parametrize(
    ("scope", "letters"),
    [
        ("system/Observation.r", "r"),
        ("system/Observation.rs", "rs"),
        ("system/Observation.cruds", "cruds"),
        ("system/Observation.cud", "cud"),
        ("system/Observation.read", "rs"),
        ("system/Observation.write", "cud"),
        ("system/Observation.*", "cruds"),
        ("system/Observation.sr", ""),
        ("system/Observation.rr", ""),
        ("system/Observation.", ""),
        ("system/Observation", ""),
        ("system/Observation.rs?", ""),
        ("system/Observation.rs?code=1", ""),
        ("system/observation.rs", ""),
        ("system/Observatio\u0273.rs", ""),
        ("System/Observation.rs", ""),
        ("launch/patient", ""),
        ("openid", ""),
        ("", ""),
    ],
)
def test_each_scope_grants_its_letters(scope: str, letters: str) -> None:
    rights = parse_scopes(scope).rights
    assert {right.letter for right in rights} == set(letters)
    assert {right[:2] for right in rights} == ({("system", "Observation")} if letters else set())


def test_a_star_means_every_type_that_is_offered() -> None:
    assert {right.type for right in parse_scopes("user/*.r").rights} == TYPES


def test_both_versions_together_grant_nothing() -> None:
    assert not parse_scopes("system/Observation.read system/Task.rs").rights
    assert parse_scopes("system/Observation.read system/Task.read openid").rights


def test_a_scope_that_grants_nothing_is_named() -> None:
    found = parse_scopes("system/Observation.rs system/Zebra.rs patient/Task.sr launch/patient")
    assert found.refused == ("system/Zebra.rs", "patient/Task.sr")
    assert found.levels("Observation", "r") == {"system"}


def test_only_what_both_allow_is_left() -> None:
    both = parse_scopes("system/*.rs patient/*.cruds").within(parse_scopes("system/Task.r user/Task.r patient/Task.s"))
    assert both.levels("Task", "r") == {"system"}
    assert both.levels("Task", "s") == {"patient"}
    assert not both.levels("Observation", "r")
