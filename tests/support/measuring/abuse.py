"""Bodies and addresses that ask for far more work than they are long, each with the check that they aim at."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from service.fhir.r4.types import Resource

URL = "http://example.org/Questionnaire/form"
CORE = "http://hl7.org/fhir/StructureDefinition"
Items = list[dict[str, Any]]


def parameters(form_items: Items, response_items: Items, *contained: Resource) -> Resource:
    """The input of `$validate`: a response, and the form that it answers."""
    form: Resource = {"resourceType": "Questionnaire", "url": URL, "status": "active", "item": form_items}
    response: Resource = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": URL,
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "authored": "2026-11-20T09:00:00Z",
        "item": response_items,
    }
    if contained:
        form["contained"] = list(contained)
    sent = {"resource": response, "questionnaire": form}
    return {"resourceType": "Parameters", "parameter": [{"name": n, "resource": r} for n, r in sent.items()]}


def value_set(id: str, *included: str, **elements: Any) -> Resource:
    compose = {"include": [{"valueSet": list(included)}]}
    return {"resourceType": "ValueSet", "id": id, "status": "active", "compose": compose, **elements}


def coded(form: dict[str, Any], *sets: Resource, code: str = "z") -> Resource:
    item = {"linkId": "a", "type": "choice", **form}
    return parameters([item], [{"linkId": "a", "answer": [{"valueCoding": {"code": code}}]}], *sets)


def value_set_in_itself() -> Resource:
    return coded({"answerValueSet": "#v"}, value_set("v", *["http://x/vs"] * 10, url="http://x/vs"))


def initial_in_value_set_in_itself() -> Resource:
    form = {"answerValueSet": "#v", "initial": [{"valueCoding": {"code": "z"}}]}
    return coded(form, value_set("v", *["http://x/vs"] * 10, url="http://x/vs"))


def chain_of_value_sets() -> Resource:
    names = [f"v{number}" for number in range(16)]
    sets = [value_set(name, *[f"#{after}", f"#{after}x"] * 4) for name, after in pairwise(names)]
    twins = [{**each, "id": f"{each['id']}x"} for each in sets[1:]]
    last = [value_set(name, "http://x/none") for name in ("v15", "v15x")]
    return coded({"answerValueSet": "#v0"}, *sets, *twins, *last)


def patterned(regex: str, text: str) -> Resource:
    item = {"linkId": "a", "type": "string", "extension": [{"url": f"{CORE}/regex", "valueString": regex}]}
    return parameters([item], [{"linkId": "a", "answer": [{"valueString": text}]}])


def optional_letters() -> Resource:
    return patterned("a?" * 23 + "[a-z]{500}b", "a" * 500 + "c")


def optional_letters_in_a_long_text() -> Resource:
    return patterned("a?" * 23 + "[a-z]{500}b", "a" * 9_000 + "c")


def large_pattern_on_many_texts() -> Resource:
    body = patterned("(?:(?:a?){30}){30}b", "a" * 9_000)
    body["parameter"][1]["resource"]["item"][0]["repeats"] = True
    body["parameter"][0]["resource"]["item"][0]["answer"] *= 100
    return body


def nested_groups() -> Resource:
    return patterned("(" * 330 + "a" + ")" * 330, "a")


def many_answers() -> Resource:
    options = [{"valueCoding": {"code": f"c{number}"}} for number in range(9)]
    item = {"linkId": "a", "type": "choice", "repeats": True, "answerOption": options}
    return parameters([item], [{"linkId": "a", "answer": options[:1] * 20_000}])


def many_different_answers() -> Resource:
    answers = [{"valueString": f"c{number}"} for number in range(30_000)]
    item = {"linkId": "a", "type": "open-choice", "repeats": True, "answerOption": [{"valueCoding": {"code": "c"}}]}
    return parameters([item], [{"linkId": "a", "answer": answers}])


def options_by_answers() -> Resource:
    options = [{"valueInteger": number} for number in range(15_000)]
    item = {"linkId": "a", "type": "choice", "repeats": True, "answerOption": options}
    return parameters([item], [{"linkId": "a", "answer": [{"valueInteger": -1}] * 15_000}])


def conditions_by_answers() -> Resource:
    condition = {"question": "a", "operator": "=", "answerString": "no"}
    asked = {"linkId": "a", "type": "string", "repeats": True}
    shown = {"linkId": "b", "type": "string", "enableBehavior": "any", "enableWhen": [condition] * 5_000}
    return parameters([asked, shown], [{"linkId": "a", "answer": [{"valueString": "x"}] * 10_000}])


def conditions_by_options() -> Resource:
    condition = {"question": "a", "operator": "=", "answerCoding": {"code": "x"}}
    options = [{"valueCoding": {"code": f"c{number}"}} for number in range(7_000)]
    asked = {"linkId": "a", "type": "choice", "answerOption": options}
    shown = {"linkId": "b", "type": "string", "enableBehavior": "any", "enableWhen": [condition] * 7_000}
    return parameters([asked, shown], [{"linkId": "a", "answer": options[:1]}])


def conditions_by_repetitions() -> Resource:
    condition = {"question": "a", "operator": "=", "answerString": "no"}
    items = [{"linkId": "a", "type": "string"}, {"linkId": "b", "type": "string", "enableWhen": [condition] * 20}]
    group = {"linkId": "g", "type": "group", "repeats": True, "item": items}
    return parameters([group], [{"linkId": "g", "item": [{"linkId": "a"}]}] * 480)


def filters_that_exclude() -> Resource:
    concepts = [{"code": f"c{number}"} for number in range(8_000)]
    system = {
        "resourceType": "CodeSystem",
        "id": "s",
        "url": "http://x/s",
        "status": "active",
        "content": "complete",
        "concept": concepts,
    }
    codes = ",".join(f"d{number}" for number in range(1_400))
    filters = [{"property": "concept", "op": "not-in", "value": codes}] * 60
    compose = {"include": [{"system": "http://x/s", "filter": filters}]}
    body = coded({"answerValueSet": "#v"}, system, value_set("v", compose=compose))
    form = body["parameter"][1]["resource"]
    form["item"] += [{"linkId": "b", "type": "choice", "answerValueSet": "#s"}]
    return body


def chain_of_later_items() -> Resource:
    names = [f"a{number}" for number in range(150)]
    items: Items = [{"linkId": name, "type": "boolean"} for name in names]
    for item, after in zip(items, names[1:], strict=False):
        item["enableWhen"] = [{"question": after, "operator": "=", "answerBoolean": True}]
    return parameters(items, [{"linkId": name, "answer": [{"valueBoolean": True}]} for name in names])


def fan_of_later_items() -> Resource:
    names = [f"a{number}" for number in range(400)]
    items: Items = [{"linkId": name, "type": "boolean", "enableBehavior": "all"} for name in names]
    for number, item in enumerate(items[:-1]):
        after = names[number + 1 : number + 30]
        item["enableWhen"] = [{"question": each, "operator": "=", "answerBoolean": True} for each in after]
    return parameters(items, [{"linkId": name, "answer": [{"valueBoolean": True}]} for name in names])


def texts_by_repetitions() -> Resource:
    translation = {"url": f"{CORE}/translation", "extension": [{"url": "content", "valueString": "other"}]}
    item = {"linkId": "a", "type": "group", "repeats": True, "text": "x", "_text": {"extension": [translation] * 6_000}}
    item["item"] = [{"linkId": "b", "type": "display"}]
    return parameters([item], [{"linkId": "a", "text": "y"}] * 990)


def limits_by_answers() -> Resource:
    targets = [{"url": f"{CORE}/questionnaire-referenceResource", "valueCode": f"T{n}"} for n in range(5_000)]
    item = {"linkId": "a", "type": "reference", "repeats": True, "extension": targets}
    return parameters([item], [{"linkId": "a", "answer": [{"valueReference": {"reference": "Patient/1"}}] * 5_000}])


def with_content(**elements: Any) -> Resource:
    """A response whose line break makes the strict reader look at every value."""
    return {"resourceType": "QuestionnaireResponse", "status": "completed", "language": "a\nb", **elements}


def numbers_beside_a_line_break() -> Resource:
    return with_content(x=[1] * 500_000)


def arrays_in_arrays() -> Resource:
    nested: Any = [1]
    for _ in range(59):
        nested = [nested]
    return with_content(x=[nested] * 8_000)


def many_extensions() -> Resource:
    return with_content(extension=[{"url": "u", "valueCode": "a"}] * 30_000)


ABUSES: dict[str, Callable[[], Resource]] = {
    build.__name__: build
    for build in (
        value_set_in_itself,
        initial_in_value_set_in_itself,
        chain_of_value_sets,
        optional_letters,
        optional_letters_in_a_long_text,
        large_pattern_on_many_texts,
        nested_groups,
        many_answers,
        many_different_answers,
        options_by_answers,
        conditions_by_answers,
        conditions_by_options,
        conditions_by_repetitions,
        filters_that_exclude,
        chain_of_later_items,
        fan_of_later_items,
        texts_by_repetitions,
        limits_by_answers,
        numbers_beside_a_line_break,
        arrays_in_arrays,
        many_extensions,
    )
}


def abusive_searches() -> Iterator[list[tuple[str, str]]]:
    """The parameters of searches that would scan the index many times, or that are long."""
    yield [("date", "ne2026-11-21")] * 99
    yield [("date", ",".join(["ne2026-11-21"] * 99))]
    yield [("code", "a" * 500_000)]
    yield [("code", ",".join(["a"] * 250_000))]
    yield [("nothing", "x")] * 50_000
