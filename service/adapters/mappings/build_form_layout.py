"""From form.yaml to the layout of the forms, and the faults of its names."""

from collections.abc import Iterator, Mapping
from typing import Any

from service.fhir.questionnaires.patient_form.form_layout import BodyMap, ExamplePatient, FormLayout
from service.screening.instruments.instrument import Instrument


def make_form_layout(content: Mapping[str, Any] | None) -> FormLayout:
    """The layout; the layout of any form if there is no file."""
    if content is None:
        return FormLayout()
    declining = content["may_decline"]
    return FormLayout(
        names=content["names"],
        minutes=content["minutes"],
        languages=content["languages"],
        ask_again=frozenset(content["ask_again"]),
        declining=dict.fromkeys(declining["questions"], declining["reason"]) if declining else {},
        body_maps={link_id: make_body_map(link_id, entry) for link_id, entry in content["body_maps"].items()},
        visits=tuple(tuple(forms) for forms in content["visits"]),
        examples=tuple(ExamplePatient(entry["id"], entry["words"]) for entry in content["examples"]),
        moved=content["moved"],
    )


def make_body_map(link_id: str, entry: Mapping[str, Any]) -> BodyMap:
    """The drawing beside a question. Codes are those of our forms: ``lp-where.calf``."""
    question = entry["side"]["question"]
    return BodyMap(
        {f"{link_id}.{code}": tuple(areas) for code, areas in entry["areas"].items()},
        question,
        {f"{question}.{code}": tuple(sides) for code, sides in entry["side"]["options"].items()},
    )


def find_layout_faults(layout: FormLayout, instruments: Mapping[str, Instrument]) -> Iterator[str]:
    """Yields a fault for each question or option of form.yaml that no form has."""
    options = {
        link_id: set(item.option_of) for each in instruments.values() for link_id, item in each.by_link_id.items()
    }
    named = {*layout.ask_again, *layout.declining, *layout.moved, *layout.moved.values(), *layout.body_maps}
    named |= {body_map.side_question for body_map in layout.body_maps.values()}
    yield from (f"form.yaml: no form has the question {link_id}" for link_id in sorted(named - options.keys()))
    for link_id, body_map in layout.body_maps.items():
        for question, codes in ((link_id, body_map.areas), (body_map.side_question, body_map.sides)):
            unknown = sorted(set(codes) - options.get(question, set()))
            yield from (f"form.yaml: body-maps.{link_id}: {question} has no option {code}" for code in unknown)
