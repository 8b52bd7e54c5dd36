"""Entries of a patient become answers, or faults that say what to correct."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from service.fhir.questionnaires.patient_form.entered_answers import read_entered_answer
from tests.fhir.questionnaires.patient_form.test_form_pages import questions

TODAY = date(2026, 11, 21)


def read(link_id: str, *values: str, **parts: str) -> tuple[list[dict[str, Any]], str]:
    """The answers and the kind of the fault of an entry."""
    fields = MultiDict([("q", value) for value in values] + [(f"q-{part}", value) for part, value in parts.items()])
    answers, fault = read_entered_answer(questions()[link_id], "q", fields, TODAY)
    return answers, fault.kind if fault else ""


@pytest.mark.parametrize(
    ("link_id", "values", "parts", "answers"),
    [
        ("pain", ["7"], {}, [{"valueInteger": 7}]),
        ("smokes", ["no"], {}, [{"valueBoolean": False}]),
        ("smokes", [], {}, []),
        ("per-day", [" 20 "], {}, [{"valueInteger": 20}]),
        ("height", ["170.50"], {}, [{"valueDecimal": Decimal("170.50")}]),
        ("height", ["170,5"], {}, [{"valueDecimal": Decimal("170.5")}]),
        (
            "weight",
            ["80"],
            {"unit": "0"},
            [
                {
                    "valueQuantity": {
                        "value": Decimal(80),
                        "unit": "kg",
                        "system": "http://unitsofmeasure.org",
                        "code": "kg",
                    }
                }
            ],
        ),
        ("since", [], {"day": "5", "month": "3", "year": "2026"}, [{"valueDate": "2026-03-05"}]),
        ("since", [], {"month": "3", "year": "2026"}, [{"valueDate": "2026-03"}]),
        ("since", [], {"year": "2026"}, [{"valueDate": "2026"}]),
        ("since", [], {"day": "21", "month": "11", "year": "2026"}, [{"valueDate": "2026-11-21"}]),
        ("since", [], {}, []),
        (
            "last",
            [],
            {"day": "1", "month": "2", "year": "2026", "time": "14:30"},
            [{"valueDateTime": "2026-02-01T14:30:00Z"}],
        ),
        ("wake", ["07:15"], {}, [{"valueTime": "07:15:00"}]),
        ("name", [" Bob\r\n"], {}, [{"valueString": "Bob"}]),
        ("page", ["https://a.example"], {}, [{"valueUri": "https://a.example"}]),
        ("helpers", ["Ann\r\n\r\nBob"], {}, [{"valueString": "Ann"}, {"valueString": "Bob"}]),
        ("size", ["1"], {}, [{"valueString": "L"}]),
        (
            "foods",
            ["1"],
            {"other": "Figs"},
            [
                {"valueCoding": {"system": "http://c.example", "code": "bread", "display": "Bread"}},
                {"valueString": "Figs"},
            ],
        ),
        ("fixed", ["changed"], {}, []),
        ("photo", ["x"], {}, []),
    ],
)
def test_an_entry_becomes_an_answer(
    link_id: str, values: list[str], parts: dict[str, str], answers: list[dict[str, Any]]
) -> None:
    assert read(link_id, *values, **parts) == (answers, "")


@pytest.mark.parametrize(
    ("link_id", "values", "parts", "fault"),
    [
        ("pain", ["11"], {}, "choose-known"),
        ("pain", ["x"], {}, "choose-known"),
        ("smokes", ["maybe"], {}, "choose-known"),
        ("per-day", ["0"], {}, "too-low"),
        ("per-day", ["1.5"], {}, "whole-number"),
        ("per-day", ["ten"], {}, "whole-number"),
        ("height", ["NaN"], {}, "number"),
        ("height", ["1e3"], {}, "number"),
        ("weight", ["80"], {}, "unit"),
        ("since", [], {"day": "31", "month": "2", "year": "2026"}, "date"),
        ("since", [], {"day": "1", "year": "2026"}, "date"),
        ("since", [], {"month": "13", "year": "2026"}, "date"),
        ("since", [], {"month": "1", "year": "26"}, "date-year"),
        ("since", [], {"day": "22", "month": "11", "year": "2026"}, "date-future"),
        ("last", [], {"time": "14:30"}, "time"),
        ("wake", ["25:00"], {}, "time"),
        ("name", ["x" * 11], {}, "too-long"),
        ("name", ["a\x00b"], {}, "characters"),
        ("page", ["two words"], {}, "characters"),
        ("helpers", ["\n".join("x" * 21)], {}, "too-many"),
        ("foods", ["none", "1"], {}, "none-beside-others"),
        ("foods", ["7"], {}, "choose-known"),
    ],
)
def test_a_wrong_entry_is_a_fault(link_id: str, values: list[str], parts: dict[str, str], fault: str) -> None:
    assert read(link_id, *values, **parts) == ([], fault)
