"""`sural edition` on public forms: the entry that it prints is taken by `sural check`, and responses are then taken."""

from pathlib import Path
from typing import Any

import pytest

from service.adapters.mappings.catalogue import load_catalogue
from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.r4.types import Resource
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from tests.support.building import FREQUENCY, NOW, catalogue, context_of
from tests.support.files import SAMPLES
from tests.support.running.command_line import run_sural, write_file

SHORT = read_yaml(Path(__file__).with_name("foreign_forms.yaml"))
FORMS = SHORT["forms"]
URL = "http://elsewhere.example/Questionnaire/form"
WORDS = ("Not at all", "Several days", "More than half the days", "Nearly every day")
WEIGHT = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
SYSTEM = "http://elsewhere.example/CodeSystem/answers"


def codings(kind: str) -> list[Resource]:
    """The Codings of the four answers of a form."""
    if kind == "loinc":
        return [{"system": "http://loinc.org", "code": c, "display": w} for c, w in zip(FREQUENCY, WORDS, strict=True)]
    if kind == "value-set":
        return [{"system": SYSTEM, "code": word, "display": word} for word in WORDS]
    return [{"code": str(number), "display": word} for number, word in enumerate(WORDS)]


def options(kind: str) -> Resource:
    if kind == "value-set":
        return {"answerValueSet": "#answers"}
    if kind == "integers":
        return {"answerOption": [{"valueInteger": number} for number in range(4)]}
    return {"answerOption": [{"valueCoding": coding} for coding in codings(kind)]}


def build_form(short: dict[str, Any]) -> Resource:
    """The Questionnaire of a form in short."""
    summands = catalogue().rules.instruments[short["instrument"]].scores[0].summands
    items: list[Resource] = [
        {
            "linkId": link_id,
            "text": f"{short['text']} {number}" if "text" in short else text,
            "type": "integer" if short["options"] == "integers" else "choice",
            **({"code": [{"system": "http://loinc.org", "code": ours.strip("/")}]} if short.get("coded") else {}),
            **options(short["options"]),
        }
        for number, (link_id, text, ours) in enumerate(
            zip(short["link-ids"], SHORT[short["instrument"]], summands, strict=True)
        )
    ]
    if "total" in short:
        link_id, type_name, text, *code = short["total"]
        coded = {"code": [{"system": "http://loinc.org", "code": code[0]}]} if code else {}
        items.append({"linkId": link_id, "type": type_name, "text": text, **coded})
    if "group" in short:
        items = [{"linkId": short["group"], "type": "group", "item": items}]
    concepts = [
        {"code": word, "display": word, "extension": [{"url": WEIGHT, "valueDecimal": weight}]}
        for weight, word in enumerate(WORDS)
    ]
    answers = {
        "resourceType": "ValueSet",
        "id": "answers",
        "compose": {"include": [{"system": SYSTEM, "concept": concepts}]},
    }
    return {"resourceType": "Questionnaire", "url": URL, "contained": [answers], "item": items}


def response_to(short: dict[str, Any]) -> Resource:
    """A response with the second answer to every question."""
    value = {"valueInteger": 1} if short["options"] == "integers" else {"valueCoding": codings(short["options"])[1]}
    items: list[Resource] = [{"linkId": link_id, "answer": [value]} for link_id in short["link-ids"]]
    if "total" in short:
        number = len(short["link-ids"])
        total: Resource = {"valueQuantity": {"value": number, "unit": "{score}"}, "valueInteger": number}
        key = {"quantity": "valueQuantity", "integer": "valueInteger"}.get(short["total"][1])
        items.append({"linkId": short["total"][0], "answer": [{key: total[key]} if key else {"valueDecimal": number}]})
    if "group" in short:
        items = [{"linkId": short["group"], "item": items}]
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "r",
        "questionnaire": URL,
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "authored": "2026-11-20T09:00:00Z",
        "item": items,
    }


def add_edition(copy: Path, name: str, entry: str) -> None:
    path = copy / "mappings" / f"{name}.yaml"
    text = path.read_text()
    path.write_text(text.replace("\neditions:\n", f"\neditions:\n{entry}", 1))
    assert path.read_text() != text


@pytest.mark.parametrize("name", FORMS)
def test_the_entry_for_a_public_form_is_taken_as_it_is(name: str, tmp_path: Path, copy: Path) -> None:
    short = FORMS[name]
    result = run_sural("edition", write_file(tmp_path, build_form(short)))
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if line.startswith("  # ")] == []
    assert f"mappings/{short['instrument']}.yaml" in result.stderr
    add_edition(copy, short["instrument"], result.stdout)
    loaded = load_catalogue(copy / "questionnaires", copy / "mappings")
    source, warnings = check_submission(response_to(short), context_of(loaded), NOW)
    assert warnings == []
    submission = assess_submission([source], context_of(loaded), NOW)
    (score,) = submission.results_of("r").scores
    assert (score.total, score.differs) == (len(short["link-ids"]), False)
    assert ("self-harm" in submission.assessment.raised) == (short["instrument"] == "phq-9")


def test_what_is_not_matched_is_said(tmp_path: Path) -> None:
    form = build_form(FORMS["spezi-phq-9"])
    form["item"][8]["text"] = "Do you like the sea?"
    form["item"][0]["answerOption"][1]["valueCoding"]["display"] = "On some mornings"
    result = run_sural("edition", write_file(tmp_path, form), "--instrument", "phq-9")
    assert [line for line in result.stdout.splitlines() if line.startswith("  # ")] == [
        "  # answer 'On some mornings' of 'q1' is not matched",
        "  # question 'q9' is not matched, and dropped: 'Do you like the sea?'",
        "  # no question matches /44260-8: add it to link-ids, or leave it in lacks",
    ]
    assert '    dropped: ["q9"]' in result.stdout
    assert '"/44260-8"' in next(line for line in result.stdout.splitlines() if line.startswith("    lacks"))


def test_a_form_with_a_gate_is_asked_about(tmp_path: Path) -> None:
    form = build_form(FORMS["pco-phq-9"])
    form["item"][8]["enableWhen"] = [{"question": "14363", "operator": "exists", "answerBoolean": True}]
    result = run_sural("edition", write_file(tmp_path, form))
    assert "the form shows '14371' only with certain answers: does it need gates?" in result.stdout


@pytest.mark.parametrize(
    ("file", "name", "expected"),
    [
        ("us-core-Questionnaire-phq-9-example.json", "phq-9", 'always-shows: ["/69722-7"]'),
        ("phr-Questionnaire-gad7.json", "gad-7", 'code: "asked-declined", reason: "asked-declined"'),
    ],
)
def test_the_forms_of_public_guides_are_drafted(file: str, name: str, expected: str) -> None:
    result = run_sural("edition", str(SAMPLES / file))
    assert f"mappings/{name}.yaml" in result.stderr
    assert expected in result.stdout
    assert "  # " not in result.stdout


@pytest.mark.parametrize(
    ("content", "options", "code"),
    [
        ("{", (), 2),
        ({"resourceType": "Patient"}, (), 2),
        ({"resourceType": "Questionnaire", "item": [{"linkId": "a", "type": "string", "text": "Name"}]}, (), 2),
        ({"resourceType": "Questionnaire", "item": "x"}, (), 2),
        ({"resourceType": "Questionnaire"}, ("--instrument", "nothing"), 1),
    ],
)
def test_what_cannot_be_drafted_ends_with_a_plain_sentence(
    content: Any, options: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    result = run_sural("edition", write_file(tmp_path, content), *options)
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr
