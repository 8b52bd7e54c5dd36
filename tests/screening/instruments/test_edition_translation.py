"""The keys of an edition, each tried on a response: groups, totals, codes, weights, declined answers, gates."""

from decimal import Decimal
from typing import Any

import pytest

from service.adapters.mappings.build_editions import make_editions
from service.adapters.mappings.schemas.instrument_file import EditionSchema
from service.fhir.ids import code_system_url
from service.screening.instruments.answer_sheet import AnswerSheet, absent_reasons, answers_of, read_sheet
from service.screening.instruments.edition_translation import translated
from service.screening.instruments.editions import InstrumentEdition
from service.screening.instruments.response import Answer, AnsweredItem, Response
from service.screening.instruments.typed_value import Coding, TypedValue
from service.screening.rules.scores import compute_score
from service.screening.validation.response import validate_response
from tests.support.building import catalogue

LOINC = "http://loinc.org"
DECLINED = {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "asked-declined"}
ONE, TWO = "/44250-9", "/44255-8"
OTHERS = ["/44259-0", "/44254-1", "/44251-7", "/44258-2", "/44252-5", "/44253-3", "/44260-8"]
GATE = {"asks": OTHERS, "sum-of": [ONE, TWO], "reaches": 3}


def form(name: str = "phq-9", **keys: Any) -> InstrumentEdition:
    """An instrument with an edition of these keys."""
    entry = EditionSchema().load({"canonical": "http://example.org/q", **keys})
    faults: list[str] = []
    instrument = catalogue().instrument(name)
    (edition,) = make_editions(name, {"editions": [entry]}, instrument, faults)
    assert faults == []
    return InstrumentEdition(instrument, edition)


def item(link_id: str, *values: TypedValue, items: tuple[AnsweredItem, ...] = (), absent: str = "") -> AnsweredItem:
    answers = tuple(Answer(value.type, value.value, "a") for value in values)
    return AnsweredItem(link_id, link_id, answers, items, absent=absent or None)


def coded(code: str, system: str | None = LOINC) -> TypedValue:
    return TypedValue("Coding", Coding(system, code))


def safe(answer: str) -> TypedValue:
    return coded(f"safe-now.{answer}", code_system_url("safety"))


def read(items: list[AnsweredItem], **keys: Any) -> tuple[AnswerSheet, list[str]]:
    """The sheet of a response to an edition of these keys, and the issues of its answers."""
    response = Response("r", "http://example.org/q", "completed", "Patient/p", None, tuple(items))
    ours, shown = translated(response, form(**keys))
    issues = validate_response(ours, shown.instrument, shown.sender_form)
    texts = [f"{issue.path}: {issue.text}" for issue in issues]
    if texts:
        return AnswerSheet(shown.instrument, {}, {}, {}), texts
    return read_sheet(shown.instrument, answers_of(ours), shown.sender_form, absent_reasons(ours)), []


def test_questions_in_groups_of_the_sender_are_found_at_any_depth() -> None:
    inner = item("deep", items=(item("q2", coded("LA6569-3")),))
    group = item("outer", items=(item("q1", coded("LA6571-9")), inner))
    sheet, issues = read([group], **{"link-ids": {"q1": ONE, "q2": TWO}})
    assert issues == []
    assert sheet.chosen == {ONE: {"LA6571-9"}, TWO: {"LA6569-3"}}


def test_a_question_in_a_group_that_nothing_maps_is_told() -> None:
    _, issues = read([item("outer", items=(item("mood", coded("LA6569-3")),))])
    assert issues == [
        "mood.linkId: The questionnaire has no item with this linkId. Remove the item or use a linkId of the "
        "questionnaire."
    ]


def chosen(code: str) -> TypedValue:
    return coded(code, code_system_url("leg-pain"))


def test_questions_of_a_group_of_ours_are_put_into_it() -> None:
    given = [item("stay-safe", safe("no")), item("/44260-8", coded("LA6569-3"))]
    sheet, issues = read(given, **{"link-ids": {"stay-safe": "safe-now"}})
    assert issues == []
    assert sheet.chosen == {"/44260-8": {"LA6569-3"}, "safe-now": {"safe-now.no"}}


def test_questions_of_a_group_of_ours_are_put_beside_those_that_are_in_it() -> None:
    """A form that asks all questions on legs flat, or in pages of its own."""
    page = item("page", items=(item("lp-spread", chosen("lp-spread.one-spot")),))
    own = item("lp-details", items=(item("lp-side", chosen("lp-side.left")),))
    given = [item("lp-start", chosen("lp-start.low-back")), page, own, item("lp-any", chosen("lp-any.yes"))]
    response = Response("r", "http://example.org/q", "in-progress", "Patient/p", None, tuple(given))
    ours, shown = translated(response, form("leg-pain"))
    assert validate_response(ours, shown.instrument, shown.sender_form) == []
    assert [each.link_id for each in ours.items] == ["lp-any", "lp-details"]
    assert [each.link_id for each in ours.items[1].items] == ["lp-side", "lp-start", "lp-spread"]


def test_the_order_of_the_sender_is_no_fault() -> None:
    assert read([item(TWO, coded("LA6569-3")), item(ONE, coded("LA6569-3"))])[1] == []


@pytest.mark.parametrize(
    "total",
    [
        TypedValue("integer", 12),
        TypedValue("decimal", Decimal("12.0")),
        TypedValue("Quantity", {"value": Decimal(12), "unit": "{score}"}),
        TypedValue("Quantity", {"value": 12, "code": "{score}", "system": "http://unitsofmeasure.org"}),
        TypedValue("Quantity", {"value": 12, "code": "1", "unit": "1"}),
        TypedValue("Quantity", {"value": 12}),
    ],
)
def test_a_total_of_another_type_is_taken_as_decimal(total: TypedValue) -> None:
    sheet, issues = read([item("/44261-6", total)])
    assert issues == []
    assert sheet.numbers == {"/44261-6": Decimal(12)}


@pytest.mark.parametrize(
    "total",
    [
        TypedValue("Quantity", {"value": 12, "unit": "%"}),
        TypedValue("Quantity", {"value": 12, "comparator": "<"}),
        TypedValue("Quantity", {"unit": "{score}"}),
        TypedValue("string", "12"),
    ],
)
def test_another_unit_or_text_is_no_total(total: TypedValue) -> None:
    assert len(read([item("/44261-6", total)])[1]) == 1


def test_a_code_alone_is_taken_where_the_edition_says_so() -> None:
    answers = [item(ONE, coded("LA6571-9", None))]
    assert len(read(answers)[1]) == 1
    assert read(answers, **{"codes-alone": True})[0].chosen == {ONE: {"LA6571-9"}}


def test_a_code_of_theirs_alone_is_taken_and_an_unknown_one_is_not() -> None:
    pair = {"theirs": {"system": "urn:x", "code": "often"}, "ours": {"system": LOINC, "code": "LA6571-9"}}
    keys = {"codes-alone": True, "codings": [pair]}
    assert read([item(ONE, coded("often", None))], **keys)[0].chosen == {ONE: {"LA6571-9"}}
    assert len(read([item(ONE, coded("rarely", None))], **keys)[1]) == 1
    assert len(read([item(ONE, coded("often", "urn:y"))], **keys)[1]) == 1


def test_a_code_that_is_always_sent_alone_is_mapped() -> None:
    pair = {"theirs": {"code": "3"}, "ours": {"system": LOINC, "code": "LA6571-9"}}
    assert read([item(ONE, coded("3", None))], codings=[pair])[0].chosen == {ONE: {"LA6571-9"}}


@pytest.mark.parametrize(
    "weight",
    [TypedValue("integer", 2), TypedValue("decimal", Decimal("2.0")), TypedValue("string", "2")],
)
def test_a_weight_is_an_answer_where_the_edition_says_so(weight: TypedValue) -> None:
    assert len(read([item(ONE, weight)])[1]) == 1
    assert read([item(ONE, weight)], weights=True)[0].chosen == {ONE: {"LA6570-1"}}


@pytest.mark.parametrize(
    "weight",
    [TypedValue("integer", 4), TypedValue("string", "two"), TypedValue("string", ""), TypedValue("integer", -1)],
)
def test_a_weight_that_no_option_has_is_told(weight: TypedValue) -> None:
    assert len(read([item(ONE, weight)], weights=True)[1]) == 1


def test_dropped_items_are_left_out_with_all_they_contain() -> None:
    group = item("about-you", items=(item("name", TypedValue("string", "x")),))
    sheet, issues = read([group, item(ONE, coded("LA6571-9"))], dropped=["about-you"])
    assert issues == []
    assert sheet.chosen == {ONE: {"LA6571-9"}}


def test_an_answer_that_means_declined_keeps_its_reason() -> None:
    given = [item(ONE, coded("LA6571-9")), item("/44260-8", coded("asked-declined", DECLINED["system"]))]
    sheet, issues = read(given, **{"not-answered": [{**DECLINED, "reason": "asked-declined"}]})
    assert issues == []
    assert sheet.is_open("/44260-8")
    assert sheet.absent == {"/44260-8": "asked-declined"}


def test_an_answer_that_means_nothing_leaves_the_question_open() -> None:
    sheet, _ = read([item(ONE, coded("asked-declined", DECLINED["system"]))], **{"not-answered": [DECLINED]})
    assert sheet.is_open(ONE)
    assert sheet.absent == {}


def test_questions_behind_a_gate_that_stayed_closed_were_not_asked() -> None:
    sheet, issues = read([item(ONE, coded("LA6569-3")), item(TWO, coded("LA6569-3"))], gates=[GATE])
    assert issues == []
    assert not sheet.is_open("/44260-8")
    score = compute_score(catalogue().rules.instruments["phq-9"].scores[0], sheet)
    assert (score.total, score.not_asked) == (None, tuple(OTHERS))


@pytest.mark.parametrize(
    "items",
    [
        [item(ONE, coded("LA6570-1")), item(TWO, coded("LA6569-3"))],
        [item(ONE, coded("LA6568-5"))],
        [item(ONE, coded("LA6568-5")), item(TWO, coded("LA6568-5")), item("/44254-1", coded("LA6568-5"))],
        [item(ONE, coded("LA6568-5")), item(TWO, coded("LA6568-5")), item("/44260-8", absent="masked")],
    ],
)
def test_a_gate_that_opened_or_was_not_answered_leaves_questions_open(items: list[AnsweredItem]) -> None:
    assert read(items, gates=[GATE])[0].is_open("/44260-8")


def test_not_asked_as_a_reason_is_as_no_answer_behind_a_closed_gate() -> None:
    items = [item(ONE, coded("LA6568-5")), item(TWO, coded("LA6568-5")), item("/44260-8", absent="not-asked")]
    assert not read(items, gates=[GATE])[0].is_open("/44260-8")


def test_what_our_form_does_not_have_is_a_fault_of_the_file() -> None:
    entry = EditionSchema().load(
        {
            "canonical": "http://example.org/q",
            "link-ids": {"a": "/1"},
            "gates": [{"asks": ["/2"], "sum-of": ["/3"], "reaches": 1}],
            "codings": [
                {"item": "/4", "theirs": {"code": "x"}, "ours": {"system": LOINC, "code": "LA6568-5"}},
                {"theirs": {"code": "x"}, "ours": {"system": LOINC, "code": "LA1-1"}},
            ],
        }
    )
    faults: list[str] = []
    make_editions("phq-9", {"editions": [entry]}, catalogue().instrument("phq-9"), faults)
    assert [fault.removeprefix("phq-9.yaml: editions[0]: ") for fault in faults] == [
        *(f"phq-9 has no item '/{number}'" for number in (1, 2, 3, 4)),
        "no item of phq-9 offers the answer 'LA6568-5' that codings names",
        "no item of phq-9 offers the answer 'LA1-1' that codings names",
    ]
