"""Answers are bounded in bytes: pages of searches and histories, and the resources that a search includes."""

import pytest

from service.adapters.database import store
from service.fhir.r4.types import Resource
from service.usecases.included import MAX_FURTHER_PAGES
from tests.support.building import phq
from tests.support.rest import Rest, content, issues

LARGE = 500_000


def large(characters: int = LARGE, **elements: object) -> Resource:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{"x" * characters}</div>'
    return phq(text={"status": "generated", "div": div}, **elements)


def sizes_of_pages(rest: Rest, path: str) -> list[int]:
    """The number of entries on each page, from the first one on."""
    sizes, url = [], path
    while url:
        answer = rest.get(url)
        assert len(answer.data) < store.PAGE_BYTES + LARGE
        bundle = content(answer)
        sizes.append(len(bundle["entry"]))
        following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        url = following[0].partition("/fhir/")[2] if following else ""
    return sizes


def test_a_page_of_a_search_ends_before_it_is_too_large(rest: Rest) -> None:
    for _ in range(6):
        assert rest.post(large()).status_code == 201
    assert sizes_of_pages(rest, "QuestionnaireResponse?_count=200") == [4, 2]


def test_a_page_of_a_history_ends_before_it_is_too_large(rest: Rest) -> None:
    rest.put(large(id="mine"))
    for language in ("en", "de", "fr", "it", "rm"):
        assert rest.put(large(id="mine", language=language)).status_code == 200
    assert sizes_of_pages(rest, "QuestionnaireResponse/mine/_history?_count=200") == [4, 2]


INCLUDE = "_include=Observation:derived-from:QuestionnaireResponse"


@pytest.mark.parametrize("include", [INCLUDE, "&".join([INCLUDE] * 20)])
def test_the_included_resources_have_a_bound(rest: Rest, monkeypatch: pytest.MonkeyPatch, include: str) -> None:
    """A page of the test has two responses, so that those of ten matches are five pages."""
    monkeypatch.setattr(store, "PAGE_BYTES", 100_000)
    most = 2 * (MAX_FURTHER_PAGES + 1)
    for _ in range(most + 1):
        rest.post(large(40_000))
    search = f"Observation?code=http://loinc.org|44261-6&{include}&_count="
    entries = content(rest.get(f"{search}{most}"))["entry"]
    assert [entry["search"]["mode"] for entry in entries] == ["match"] * most + ["include"] * most
    answer = rest.get(f"{search}{most + 1}")
    assert (answer.status_code, issues(answer)) == (400, [("too-costly", "http._count")])
