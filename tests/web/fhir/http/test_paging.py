"""Pages of a search, and searches that are posted.

https://hl7.org/fhir/R4/http.html#paging
"""

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.test import TestResponse

from service.fhir.r4.types import Resource
from tests.support.building import phq
from tests.support.rest import Clock, Rest, content, issues

BASE = "http://sural.example/fhir/"


def links(bundle: Resource) -> dict[str, str]:
    return {link["relation"]: link["url"].removeprefix(BASE) for link in bundle["link"]}


def ids(bundle: Resource) -> list[str]:
    return [e["resource"]["id"] for e in bundle.get("entry", []) if e["search"]["mode"] == "match"]


def pages(rest: Rest, first: Resource) -> Iterator[Resource]:
    """The pages from the first on, by their links."""
    bundle = first
    yield bundle
    while "next" in links(bundle):
        bundle = content(rest.get(links(bundle)["next"]))
        yield bundle


def post(rest: Rest, form: Mapping[str, str | list[str]], path: str = "Observation/_search") -> TestResponse:
    return rest.client.post(f"/fhir/{path}", data=form)


class TestPages:
    @pytest.mark.parametrize("count", [1, 4, 7])
    def test_they_neither_skip_nor_repeat_while_others_keep_writing(self, rest: Rest, count: int) -> None:
        for _ in range(2):
            rest.post(phq())
        everything = [resource["id"] for resource in rest.found("Observation?patient=p1&_count=200")]
        seen = []
        for bundle in pages(rest, content(rest.get(f"Observation?patient=p1&_count={count}"))):
            seen += ids(bundle)
            rest.post(phq())
        assert seen == everything

    def test_what_is_published_comes_in_pages_too(self, rest: Rest) -> None:
        whole = ids(content(rest.get("CodeSystem?_count=200")))
        walked = [id for bundle in pages(rest, content(rest.get("CodeSystem?_count=2"))) for id in ids(bundle)]
        assert len(whole) > 2
        assert walked == whole

    def test_the_last_page_has_no_next_one(self, rest: Rest) -> None:
        rest.post(phq())
        total = content(rest.get("Observation"))["total"]
        assert list(links(content(rest.get(f"Observation?_count={total}")))) == ["self"]

    def test_a_page_names_itself(self, rest: Rest) -> None:
        rest.post(phq())
        second = links(content(rest.get("Observation?patient=p1&_count=3")))["next"]
        bundle = content(rest.get(second))
        assert links(bundle)["self"] == second
        assert content(rest.get(links(bundle)["self"]))["entry"] == bundle["entry"]

    def test_count_zero_only_counts(self, rest: Rest) -> None:
        rest.post(phq())
        bundle = content(rest.get("QuestionnaireResponse?_count=0"))
        assert (bundle["total"], bundle.get("entry"), list(links(bundle))) == (1, None, ["self"])

    @pytest.mark.parametrize("count", ["201", "1000000000000000000000", "0000000000000000201"])
    def test_a_page_holds_200_at_most_and_says_so(self, rest: Rest, count: str) -> None:
        for handling in ("lenient", "strict"):
            bundle = content(rest.get(f"Observation?_count={count}", Prefer=f"handling={handling}"))
            assert links(bundle)["self"] == "Observation?_count=200"
            (entry,) = bundle["entry"]
            assert entry["resource"]["issue"][0]["severity"] == "information"


class TestLinks:
    """The place in a link is opaque, signed, bound to its search, and expires."""

    def next_of(self, rest: Rest, query: str = "Observation?patient=p1&_count=3") -> str:
        rest.post(phq())
        return links(content(rest.get(query)))["next"]

    def test_it_expires(self, rest: Rest, clock: Clock) -> None:
        path = self.next_of(rest)
        clock.forward(minutes=59)
        assert rest.get(path).status_code == 200
        clock.forward(minutes=2)
        assert issues(rest.get(path)) == [("value", "http._page")]

    def test_a_place_that_was_changed_is_refused(self, rest: Rest) -> None:
        path = self.next_of(rest)
        start = path.index("_page=") + len("_page=")
        for at in range(start, len(path)):
            broken = path[:at] + ("A" if path[at] != "A" else "B") + path[at + 1 :]
            # The last character of a signature holds bits that mean nothing.
            assert rest.get(broken).status_code == 400 or at == len(path) - 1

    @pytest.mark.parametrize(
        ("old", "new"), [("patient=p1", "patient=p2"), ("patient=p1&", ""), ("_count=3", "_count=4")]
    )
    def test_a_place_belongs_to_one_search(self, rest: Rest, old: str, new: str) -> None:
        path = self.next_of(rest)
        assert rest.get(path.replace(old, new)).status_code == 400
        assert rest.get(path.replace("Observation?", "Provenance?")).status_code == 400


class TestPosted:
    def test_it_finds_the_same(self, rest: Rest) -> None:
        rest.post(phq())
        answer = post(rest, {"patient": "p1", "status": "final", "_count": "3"})
        assert answer.status_code == 200
        assert ids(content(answer)) == ids(content(rest.get("Observation?patient=p1&status=final&_count=3")))

    def test_form_and_address_both_count(self, rest: Rest) -> None:
        rest.post(phq(status="stopped"))
        rest.post(phq())
        path = "QuestionnaireResponse/_search?status=completed,stopped"
        assert ids(content(post(rest, {"status": ["stopped"]}, path))) == ["r-1"]
        assert content(post(rest, {"patient": "p2"}, path))["total"] == 0

    def test_the_self_link_has_the_parameters_really_used(self, rest: Rest) -> None:
        lenient = {"Prefer": "handling=lenient"}
        form = {"patient": "p1", "nonsense": "1"}
        bundle = content(rest.client.post("/fhir/Observation/_search", data=form, headers=lenient))
        assert links(bundle)["self"] == "Observation?patient=p1&_count=20"
        assert bundle["entry"][-1]["search"]["mode"] == "outcome"

    def test_the_links_to_follow_do_not_say_what_was_posted(self, rest: Rest) -> None:
        rest.post(phq())
        first = content(post(rest, {"patient": "p1", "_count": "3", "_elements": "code"}))
        walked = list(pages(rest, first))
        assert [id for page in walked for id in ids(page)] == [
            resource["id"] for resource in rest.found("Observation?patient=p1&_count=200")
        ]
        assert len(walked) > 2
        for page in walked[:-1]:
            address = links(page)["next"]
            assert [name for name, _ in parse_qsl(urlsplit(address).query)] == ["_posted", "_page"]
            assert "p1" not in address.split("_page=")[0]
        assert all("valueQuantity" not in entry["resource"] for page in walked for entry in page.get("entry", []))

    def test_its_pages_expire(self, rest: Rest, clock: Clock) -> None:
        rest.post(phq())
        path = links(content(post(rest, {"patient": "p1", "_count": "3"})))["next"]
        clock.forward(minutes=61)
        assert issues(rest.get(path)) == [("value", "http._page")]

    def test_its_pages_are_of_its_type(self, rest: Rest) -> None:
        rest.post(phq())
        path = links(content(post(rest, {"patient": "p1", "_count": "3"})))["next"]
        assert rest.get(path.replace("Observation?", "Provenance?")).status_code == 400

    @pytest.mark.parametrize("media_type", ["application/fhir+json", "text/plain", "multipart/form-data; boundary=x"])
    def test_another_body_than_a_form_is_not_taken(self, rest: Rest, media_type: str) -> None:
        answer = rest.client.post("/fhir/Observation/_search", data=b"{}", headers={"Content-Type": media_type})
        assert (answer.status_code, issues(answer)) == (415, [("not-supported", None)])

    def test_too_large_a_form_is_not_taken(self, rest: Rest) -> None:
        answer = post(rest, {"_id": "x" * 1_100_000})
        assert (answer.status_code, issues(answer)) == (413, [("too-long", None)])

    def test_what_is_published_is_searched_too(self, rest: Rest) -> None:
        found = ids(content(post(rest, {"name": "phq"}, "Questionnaire/_search")))
        assert found == ["phq-2", "phq-4", "phq-8", "phq-9"]

    def test_faults_are_refused_as_by_address(self, rest: Rest) -> None:
        assert issues(post(rest, {"date": "05"})) == [("value", "http.date")]
