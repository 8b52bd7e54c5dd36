"""Texts that run or add markup where they are not escaped, a form made of them, and the shape of a page."""

import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from itertools import count, cycle
from pathlib import Path
from typing import Any

from service.fhir.r4.types import Resource
from tests.support.files import ROOT
from tests.support.patient_form.form_pages import HtmlForm

# What ends the text, the attribute or the element that a text stands in.
ENDS = ("", '">', "'>", ">", "</title>", "</textarea>", "</option></select>", "-->", "]]>", "</script>", "</p>", "\\'>")
VECTORS = (
    "<script>hit()</script>",
    "<img src=x onerror=hit()>",
    "<svg onload=hit()></svg>",
    '<iframe srcdoc="<script>parent.hit()</script>"></iframe>',
    '<a href="javascript:hit()">x</a>',
    "<details open ontoggle=hit()>x</details>",
    "<input autofocus onfocus=hit()>",
    "<body onpageshow=hit()>",
    '<form action="javascript:hit()"><button>x</button></form>',
    '<math href="javascript:hit()">x</math>',
    "<meta http-equiv=refresh content=0;url=javascript:hit()>",
    "<base href=//evil.example/>",
    "<video><source onerror=hit()></video>",
    "<style>@import '//evil.example'</style>",
    "<marquee onstart=hit()>x</marquee>",
)
# What needs no element of its own, or means something in a template, in a script or after decoding.
OTHERS = (
    '" autofocus onfocus=hit() x="',
    "' onmouseover=hit() x='",
    "x onmouseover=hit()",
    "javascript:hit()",
    " javascript:hit()",
    "data:text/html,<script>hit()</script>",
    "{{ 7 * 7 }}{{ config }}",
    "{% raw %}<script>hit()</script>",
    "${hit()}",
    "&lt;script&gt;hit()&lt;/script&gt;",
    "&#60;script&#62;hit()&#60;/script&#62;",
    "\\u003cscript\\u003ehit()\\u003c/script\\u003e",
    "%3Cscript%3Ehit()%3C/script%3E",
    "+ADw-script+AD4-hit()+ADw-/script+AD4-",
    "\N{FULLWIDTH LESS-THAN SIGN}script\N{FULLWIDTH GREATER-THAN SIGN}hit()",
    "<!--<script>hit()//--></script>",
)
HOSTILE = (*(f"{end}{vector}" for end in ENDS for vector in VECTORS), *OTHERS)
NEVER_SHOWN = "WORDS-OF-A-NARRATIVE"

CORE = "http://hl7.org/fhir/StructureDefinition"
# https://hl7.org/fhir/extensions/extension-registry.html, "Rendering"
RENDERING = [
    {
        "url": f"{CORE}/rendering-xhtml",
        "valueString": f'<b xmlns="http://www.w3.org/1999/xhtml">{NEVER_SHOWN}</b>',
    },
    {"url": f"{CORE}/rendering-markdown", "valueMarkdown": f"**{NEVER_SHOWN}**"},
    {"url": f"{CORE}/rendering-style", "valueString": f"font-family: {NEVER_SHOWN}"},
]
NARRATIVE = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{NEVER_SHOWN}</div>'}


def add_peg(folder: Path) -> Path:
    """The folder, whose questionnaires/ and mappings/ now have the PEG, as docs/instruments.md adds it."""
    page = (ROOT / "docs" / "instruments.md").read_text()
    (folder / "questionnaires" / "peg.json").write_text((ROOT / "docs/examples/peg.json").read_text())
    whole = re.search(r"`mappings/peg.yaml`:\n\n```yaml\n(.*?)```", page, re.DOTALL)
    assert whole is not None
    (folder / "mappings" / "peg.yaml").write_text(whole[1])
    blocks = r"`mappings/([a-z]+\.yaml)`, under `([^`]+)`\n\n```yaml\n(.*?)```"
    for file, anchor, added in re.findall(blocks, page, re.DOTALL):
        path = folder / "mappings" / file
        path.write_text(path.read_text().replace(f"\n{anchor}\n", f"\n{anchor}\n{added}", 1))
    return folder


def put_form_of_texts(folder: Path, texts: Iterable[str]) -> None:
    """Replaces the PEG in a folder by one whose every text is one of these, with an item of each kind."""
    path, text = folder / "questionnaires" / "peg.json", cycle(texts)
    form = json.loads((ROOT / "docs/examples/peg.json").read_text())
    form |= {"title": next(text), "description": next(text), "publisher": next(text), "text": NARRATIVE}
    for item in form["item"]:
        item["text"] = next(text)
        item["_text"] = {"extension": RENDERING}
    form["item"] += more_items(text)
    path.write_text(json.dumps(form))


def more_items(text: Iterator[str]) -> list[Resource]:
    """Optional items of each kind whose words a page shows."""
    names = count(1)

    def item(kind: str, **more: Any) -> Resource:
        words = {"text": next(text), "_text": {"extension": RENDERING}, "prefix": next(text)}
        return {"linkId": f"h-{next(names)}", "type": kind, **words, **more}

    def choice(kind: str, options: int, **more: Any) -> Resource:
        system = "https://hostile.example/codes"
        codings = [{"system": system, "code": f"c{number}", "display": next(text)} for number in range(options)]
        return item(kind, answerOption=[{"valueCoding": coding} for coding in codings], **more)

    def control(code: str) -> Resource:
        system = "http://hl7.org/fhir/questionnaire-item-control"
        return {"url": f"{CORE}/questionnaire-itemControl", "valueCodeableConcept": {"coding": [
            {"system": system, "code": code}]}}  # fmt: skip

    unit = {"system": "http://unitsofmeasure.org", "code": "kg"}
    helped = item("string", item=[item("display", extension=[control("help")])])
    group = item("group", item=[
        item("display"),
        choice("choice", 5),
        choice("choice", 60, repeats=True),
        choice("choice", 60, extension=[control("drop-down")]),
        choice("open-choice", 60),
        helped,
        item("string", extension=[{"url": f"{CORE}/entryFormat", "valueString": next(text)}]),
        item("decimal", extension=[
            {"url": f"{CORE}/questionnaire-unit", "valueCoding": {**unit, "display": next(text)}}]),
        item("quantity", extension=[
            {"url": f"{CORE}/questionnaire-unitOption", "valueCoding": {**unit, "display": next(text)}}]),
        item("string", repeats=True),
        *(item("string") for _ in range(8)),
        *(item("text") for _ in range(4)),
    ])  # fmt: skip
    return [group]


class PageShape(HTMLParser):
    """The elements of a page, each with the names of its attributes, and the addresses that it names."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = ("href", "src", "action", "formaction")
        parts = sorted(f"{name}={value}" if name in named else name for name, value in attrs)
        self.elements.append((tag, *parts))


def shape_of(source: str) -> list[tuple[str, ...]]:
    """The shape of a page: it is the same whatever its texts are."""
    return PageShape(source).elements


def filled_in(form: HtmlForm, texts: Iterator[str], number: str) -> list[tuple[str, str]]:
    """What a browser sends if each question for text has the next text, each for a number this one, and the first
    option of each choice is chosen."""
    data: dict[str, str] = {}
    for control in form.controls:
        kind = control.attributes.get("type")
        if control.tag == "textarea" or kind == "text":
            is_number = control.attributes.get("inputmode") == "decimal"
            data[control.name] = number if is_number else next(texts)
        elif control.tag == "select":
            data[control.name] = "0"
        elif control.name and (kind in ("radio", "hidden") or kind == "checkbox"):
            data.setdefault(control.name, control.value)
    return list(data.items())
