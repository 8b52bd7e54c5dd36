"""What a second visit says of the first: open Tasks, and the change since then (knowledge base 12.4 and 12.5)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.adapters.database.engine import Database
from service.adapters.database.store import DatabaseStore
from service.fhir.r4.types import Resource
from service.fhir.results.impression.patient_text import page_of_submission
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.earlier_acts import with_earlier_acts
from service.usecases.responses.prepare import check_submission
from service.usecases.responses.reassess import earlier_reader
from tests.support.building import context, scored, with_total
from tests.support.database.storing import next_version
from tests.support.responses.shorthand import example_responses
from tests.support.responses.visits import Visits, notes_in, summary_in
from tests.support.responses.written import one
from tests.support.rest import Clock, Rest, content, rest_on

QUIET = "where=knee-joint feel=none duration=1-3w"
COMPLETION_MODE = "http://hl7.org/fhir/StructureDefinition/questionnaireresponse-completionMode"


def answered(answers: str, day: str, **elements: Any) -> list[Resource]:
    made = example_responses(answers, authored=f"{day}T09:00:00Z", **elements)
    return [{**resource, "id": f"{resource['id']}-{day}"} for resource in made]


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T10:00:00").replace(tzinfo=UTC)


@pytest.fixture
def patient(sqlite: Database) -> Visits:
    return Visits(DatabaseStore(sqlite), "1982-01-01", "female")


class TestWorkedExamples:
    def test_a_form_without_the_bladder_trouble_of_two_days_before(self, patient: Visits) -> None:
        patient.visit(answered(f"{QUIET} alarm=bladder-bowel", "2026-11-01"), at("2026-11-01"))
        second = patient.visit(answered(QUIET, "2026-11-03"), at("2026-11-03"))
        assert summary_in(second) == (
            "OVERDUE EMERGENCY of 2026-11-01: bladder or bowel trouble. Answers of 2026-11-03: "
            "NO VISIT BY RULES - 44 F. No pattern reached. PHQ-9 3 (minimal, 0), GAD-7 3 (minimal, 0). "
            "Item 9: 0 (not endorsed; no statement on safety)."
        )
        assert notes_in(second)[0] == (
            "Since 2026-11-01: gone bladder or bowel trouble (emergency); level EMERGENCY to NO VISIT BY RULES. "
            "Task of 2026-11-01 (bladder or bowel trouble) still open."
        )

    def test_once_the_task_is_completed_it_is_named_no_more(self, patient: Visits, sqlite: Database) -> None:
        first = patient.visit(answered(f"{QUIET} alarm=bladder-bowel", "2026-11-01"), at("2026-11-01"))
        next_version(sqlite, "Task", one(first, "Task")["id"], at("2026-11-02"), status="completed")
        second = patient.visit(answered(QUIET, "2026-11-03"), at("2026-11-03"))
        assert summary_in(second).startswith("NO VISIT BY RULES - 44 F, answered 2026-11-03. No pattern reached. ")
        assert "still open" not in " ".join(notes_in(second))

    @pytest.mark.parametrize("status", ["rejected", "failed", "on-hold", "accepted"])
    def test_a_task_that_nobody_finished_stays_open(self, patient: Visits, sqlite: Database, status: str) -> None:
        first = patient.visit(answered(f"{QUIET} alarm=bladder-bowel", "2026-11-01"), at("2026-11-01"))
        next_version(sqlite, "Task", one(first, "Task")["id"], at("2026-11-02"), status=status)
        second = patient.visit(answered(QUIET, "2026-11-03"), at("2026-11-03"))
        assert summary_in(second).startswith("OVERDUE EMERGENCY of 2026-11-01")

    def test_higher_scores_without_thoughts_of_self_harm(self, sqlite: Database) -> None:
        patient = Visits(DatabaseStore(sqlite), "1991-01-01", "male")
        patient.visit(answered("any=no phq=16 q9=2 safe=yes gad=10", "2026-11-01"), at("2026-11-01"))
        second = patient.visit(answered("any=no phq=20 gad=9", "2026-11-15"), at("2026-11-15"))
        assert summary_in(second) == (
            "OVERDUE SAME DAY of 2026-11-01: thoughts of death or self-harm (PHQ-9 item 9 = 2). Answers of 2026-11-15: "
            "SOON (7 days) - 35 M. Soon: high PHQ or GAD score. No leg complaint. "
            "PHQ-9 20 (severe, +4), GAD-7 9 (mild, -1). Item 9: 0 (not endorsed; no statement on safety)."
        )
        assert notes_in(second)[0] == (
            "Since 2026-11-01: level SAME DAY to SOON. PHQ-9 16 to 20 (+4: no reliable change, nhs-tt); "
            "GAD-7 10 to 9 (-1: no reliable change, nhs-tt). Item 9 2 to 0. "
            "Task of 2026-11-01 (thoughts of death or self-harm, PHQ-9 item 9 = 2) still open."
        )

    def test_a_form_asked_by_a_nurse_is_not_compared(self, patient: Visits) -> None:
        by_patient, by_nurse = {"reference": "Patient/p1"}, {"reference": "Practitioner/n1"}
        patient.visit(answered("any=no phq=22", "2026-11-01", author=by_patient), at("2026-11-01"))
        second = patient.visit(answered("any=no phq=15", "2026-11-15", author=by_nurse), at("2026-11-15"))
        assert "PHQ-9 22 to 15 (-7: not comparable: other mode)." in notes_in(second)[0]
        assert "PHQ-9 15 (moderately severe, not comparable: other mode)" in summary_in(second)


def mode(code: str) -> dict[str, Any]:
    return {"extension": [{"url": COMPLETION_MODE, "valueCodeableConcept": {"coding": [{"code": code}]}}]}


class TestComparable:
    @pytest.mark.parametrize(
        ("old", "new", "why"),
        [
            ({}, {}, None),
            ({"language": "en"}, {"language": "de"}, "other language"),
            ({"language": "en"}, {}, None),
            (mode("self"), mode("phone"), "other mode"),
            (mode("self"), mode("self"), None),
            ({}, mode("phone"), None),
            ({"source": {"reference": "Patient/p1"}}, {"source": {"reference": "RelatedPerson/c"}}, "other mode"),
        ],
    )
    def test_what_differs(self, patient: Visits, old: Resource, new: Resource, why: str | None) -> None:
        first = {**with_total("phq-9", 12, authored="2026-11-01T09:00:00Z"), "id": "a", **old}
        second = {**with_total("phq-9", 18, authored="2026-11-10T09:00:00Z"), "id": "b", **new}
        patient.visit([first], at("2026-11-01"))
        said = notes_in(patient.visit([second], at("2026-11-10")))[0]
        told = "reliable change, higher, nhs-tt" if why is None else f"not comparable: {why}"
        assert f"PHQ-9 12 to 18 (+6: {told})." in said

    def test_a_total_is_missing(self, patient: Visits) -> None:
        """The total before is beyond its look-back, so that it is no longer the source of the score."""
        patient.visit(answered("any=no phq=12", "2026-11-01"), at("2026-11-01"))
        second = patient.visit(answered("any=no pi=1111-1110", "2026-11-20"), at("2026-11-20"))
        assert "PHQ-9 12 to open (not comparable: no total)." in notes_in(second)[0]

    @pytest.mark.parametrize("reason", ["asked-declined", "masked"])
    def test_an_item_9_that_is_declined_now_is_not_called_left_open(self, patient: Visits, reason: str) -> None:
        patient.visit(answered("any=no phq=16 q9=2 safe=yes", "2026-11-01"), at("2026-11-01"))
        declined = scored("phq-9", [1] * 8 + [None], authored="2026-11-20T09:00:00Z", id="declined")
        url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
        declined["item"].append({"linkId": "/44260-8", "extension": [{"url": url, "valueCode": reason}]})
        said = notes_in(patient.visit([declined], at("2026-11-20")))[0]
        assert "PHQ-9 16 to declined (not comparable: no total). Item 9 2 to declined." in said

    def test_an_item_9_that_was_not_asked_is_not_called_left_open(self, patient: Visits) -> None:
        patient.visit(answered("any=no phq=16 q9=2 safe=yes", "2026-11-01"), at("2026-11-01"))
        loinc = {"questionnaire": "http://loinc.org/q/44249-1", "authored": "2026-11-20T09:00:00Z", "id": "gated"}
        said = notes_in(patient.visit([scored("phq-9", [1, 1] + [None] * 7, **loinc)], at("2026-11-20")))[0]
        assert "PHQ-9 16 to not asked (not comparable: other edition). Item 9 2 to not asked." in said

    def test_nothing_changed(self, patient: Visits) -> None:
        patient.visit(answered(QUIET, "2026-11-01"), at("2026-11-01"))
        assert notes_in(patient.visit(answered(QUIET, "2026-11-10"), at("2026-11-10")))[0] == (
            "Since 2026-11-01: no change."
        )

    def test_the_extension_says_the_same_to_a_machine(self, patient: Visits) -> None:
        patient.visit(answered("any=no phq=16 q9=2 safe=yes gad=10", "2026-11-01"), at("2026-11-01"))
        second = one(
            patient.visit(answered("any=no phq=20 gad=9", "2026-11-15"), at("2026-11-15")), "ClinicalImpression"
        )
        (parts,) = (each["extension"] for each in second["extension"] if each["url"].endswith("/change"))
        told = [(part["url"], part.get("valueCode", part.get("valueInteger"))) for part in parts]
        assert ("level-before", "same-day") in told
        assert ("level", "soon") in told
        assert ("item-9-before", 2) in told
        assert ("item-9", 0) in told
        score = next(part["extension"] for part in parts if part["url"] == "score")
        assert {"url": "scheme", "valueCode": "nhs-tt"} in score
        assert {"url": "verdict", "valueString": "no reliable change"} in score


def page_after(patient: Visits, second: list[Resource], day: str) -> list[str]:
    """The lines of the page of the patient after a second visit, as far as they are above the reasons."""
    sources = [check_submission(resource, context(), at(day))[0] for resource in second]
    history = patient.store.read_history("Patient/p1")
    submission = assess_submission(sources, context(), at(day), history, patient.store)
    submission = with_earlier_acts(submission, history, earlier_reader(context(), patient.store, at(day)))
    return [line.text for line in page_of_submission(submission, context().knowledge).block("visit")]


def test_the_page_names_a_stored_task_until_it_is_completed(patient: Visits, sqlite: Database) -> None:
    """The page of the first worked example of two visits (11.7 and 12.5)."""
    first = patient.visit(answered(f"{QUIET} alarm=bladder-bowel", "2026-11-01"), at("2026-11-01"))
    second = answered(QUIET, "2026-11-03")
    assert page_after(patient, second, "2026-11-03") == [
        "On 2026-11-01 you told us about something that needs help now. If nobody has seen you since then, get that "
        "help now. Call your local emergency number if you cannot get there."
    ]
    next_version(sqlite, "Task", one(first, "Task")["id"], at("2026-11-02"), status="completed")
    (line,) = page_after(patient, second, "2026-11-03")
    assert line.startswith("Nothing in your answers needs a visit now.")


@pytest.mark.parametrize(("born", "level"), [("1982-01-01", "SOON (7 days) - 44,"), ("1970-01-01", "SAME DAY - 56.")])
def test_the_visit_before_is_judged_with_the_age_too(sqlite: Database, born: str, level: str) -> None:
    """A foot sore is same-day at 50 or more, and while the age is unknown (numb-foot-wound, EX-90)."""
    patient = Visits(DatabaseStore(sqlite), born)
    patient.visit(answered(f"{QUIET} alarm=foot-sore", "2026-11-01"), at("2026-11-01"))
    second = patient.visit(answered(f"{QUIET} alarm=foot-sore gad=4", "2026-11-10"), at("2026-11-10"))
    assert level in summary_in(second)
    assert "new" not in notes_in(second)[0]
    assert "level" not in notes_in(second)[0]


def test_a_rule_on_age_that_applies_since_a_birthday_is_a_change(sqlite: Database) -> None:
    patient = Visits(DatabaseStore(sqlite), "1976-11-05")
    patient.visit(answered(f"{QUIET} alarm=foot-sore", "2026-11-01"), at("2026-11-01"))
    second = patient.visit(answered(f"{QUIET} alarm=foot-sore", "2026-11-10"), at("2026-11-10"))
    assert "level SOON to SAME DAY" in notes_in(second)[0]


@pytest.fixture
def rest(sqlite: Database) -> Rest:
    return rest_on(sqlite, Clock())


def test_amending_and_submitting_say_the_same_of_the_visit_before(rest: Rest) -> None:
    rest.post(with_total("phq-9", 12, authored="2026-11-10T09:00:00Z"))
    made = content(rest.post(with_total("phq-9", 18, authored="2026-11-20T09:00:00Z")))
    impression = rest.found("ClinicalImpression")[0]
    assert "PHQ-9 12 to 18 (+6: reliable change, higher, nhs-tt)" in impression["note"][0]["text"]
    rest.put({**made, "status": "amended"}, version=1)
    again = next(each for each in rest.found("ClinicalImpression") if each["id"] == impression["id"])
    assert again["note"][0] == impression["note"][0]


def test_a_task_that_nobody_began_by_its_end_is_raised_with_the_next_response(sqlite: Database) -> None:
    clock = Clock()
    rest = rest_on(sqlite, clock)
    rest.post(with_total("phq-9", 5, last=1, answers={"safe-now": ["yes"]}, authored="2026-11-20T09:00:00Z"))
    (task,) = rest.found("Task")
    assert (task["priority"], task["meta"]["versionId"]) == ("asap", "1")
    clock.forward(days=2)
    rest.post(with_total("gad-7", 3, authored="2026-11-21T09:00:00Z"))
    (raised,) = rest.found("Task")
    assert (raised["id"], raised["priority"], raised["meta"]["versionId"]) == (task["id"], "stat", "2")
    clock.forward(days=2)
    rest.post(with_total("gad-7", 4, authored="2026-11-22T09:00:00Z"))
    assert rest.found("Task") == [raised]


def test_withdrawing_the_visit_before_leaves_nothing_to_compare(rest: Rest) -> None:
    first = content(rest.post(with_total("gad-7", 12, authored="2026-11-10T09:00:00Z")))
    second = content(rest.post(with_total("gad-7", 18, authored="2026-11-20T09:00:00Z")))
    rest.put({**first, "status": "entered-in-error"}, version=1)
    rest.put({**second, "status": "amended"}, version=1)
    newest = rest.found("ClinicalImpression")
    assert not any("Since" in note["text"] for each in newest if each["status"] == "completed" for note in each["note"])


def test_an_open_task_of_the_same_day_is_not_overdue(patient: Visits) -> None:
    patient.visit(answered(f"{QUIET} alarm=fever", "2026-11-01"), at("2026-11-01"))
    later = [{**resource, "id": f"{resource['id']}-later"} for resource in answered(QUIET, "2026-11-01")]
    second = patient.visit(later, at("2026-11-01") + timedelta(hours=2))
    assert summary_in(second).startswith("OPEN SAME DAY of 2026-11-01: fever. ")
