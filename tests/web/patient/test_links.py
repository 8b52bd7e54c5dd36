"""The link of a patient in the browser: P1 to P4 of the test plan, and that its token stays nowhere."""

import secrets
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.adapters.database import tables as t
from service.adapters.database.access.access_tables import audit
from service.adapters.database.access.audit_trail import DatabaseAudit
from service.adapters.database.access.form_links import DatabaseLinks
from service.adapters.database.engine import Database
from service.usecases.links.links import TOKEN_BYTES, LinkOrder, MadeLink, make_link
from tests.support.building import NOW, catalogue
from tests.support.other_systems.issuing import issuer_file, issuing
from tests.support.rest import Clock, Rest, rest_on

BORN = date(1970, 3, 1)
SCANNERS = ("SafeLinks", "facebookexternalhit/1.1", "Slackbot-LinkExpanding 1.0", "curl/8", "Mozilla/5.0 prefetch")


@pytest.fixture
def site(sqlite: Database, clock: Clock) -> Rest:
    return rest_on(sqlite, clock, rate_link="")


def new_link(site: Rest, id: str = "l-1", **changes: Any) -> MadeLink:
    form = catalogue().instrument("gad-7").canonical
    order = LinkOrder(**{"patient": "Patient/p1", "forms": (form,), "made_by": "test", **changes})
    return make_link(order, DatabaseLinks(site.database), id, secrets.token_urlsafe(TOKEN_BYTES), NOW)


def rows(site: Rest) -> list[Any]:
    names = (t.form_link, t.form_visit, t.form_session, audit)
    with site.database.read() as connection:
        return [connection.execute(select(table)).all() for table in names]


def test_the_button_opens_the_forms_at_an_address_without_the_token(site: Rest) -> None:
    token = new_link(site).token
    page = site.client.get(f"/forms/link/{token}")
    assert page.status_code == 200
    assert "Your questions are ready" in page.text
    answer = site.client.post(f"/forms/link/{token}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/forms/start")
    cookie = answer.headers["Set-Cookie"]
    assert token not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Before you start" in site.client.get("/forms/start").text


def test_looking_changes_nothing(site: Rest) -> None:
    token = new_link(site, birth_date=BORN).token
    before = rows(site)
    for agent in SCANNERS:
        for method in ("GET", "HEAD", "OPTIONS"):
            headers = {"User-Agent": agent, "Purpose": "prefetch"}
            answer = site.client.open(f"/forms/link/{token}", method=method, headers=headers)
            assert answer.status_code == 200
            assert "Set-Cookie" not in answer.headers
    assert rows(site) == before


def test_what_opens_nothing_has_one_answer(site: Rest, clock: Clock) -> None:
    good, gone, revoked = new_link(site, "l-1"), new_link(site, "l-2", time=timedelta(hours=1)), new_link(site, "l-3")
    DatabaseLinks(site.database).revoke_link("l-3", NOW)
    clock.forward(hours=2)
    tokens = [
        gone.token,
        revoked.token,
        good.token[:-1],
        good.token + "A",
        good.token.swapcase(),
        "x",
        "%00",
        "a" * 500,
    ]
    for method in ("GET", "POST"):
        answers = {
            (a.status_code, a.text) for a in (site.client.open(f"/forms/link/{each}", method=method) for each in tokens)
        }
        assert len(answers) == 1
        assert answers.pop()[0] == 404
    assert site.client.post(f"/forms/link/{good.token}").status_code == 303


def test_the_form_of_another_site_cannot_open_a_link_here(site: Rest) -> None:
    token = new_link(site).token
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert site.client.post(f"/forms/link/{token}", headers=headers).status_code == 403
    assert "Set-Cookie" not in site.client.get("/forms/start").headers


class TestBirthDate:
    def send(self, site: Rest, token: str, year: str, month: str = "3", day: str = "1") -> Any:
        return site.client.post(f"/forms/link/{token}", data={"year": year, "month": month, "day": day})

    def test_the_right_date_opens(self, site: Rest) -> None:
        token = new_link(site, birth_date=BORN).token
        assert "date of birth" in site.client.get(f"/forms/link/{token}").text
        assert self.send(site, token, "1970").status_code == 303

    @pytest.mark.parametrize(
        "parts", [("", "", ""), ("x", "3", "1"), ("1970", "13", "1"), ("-1", "3", "1"), ("9" * 30, "3", "1")]
    )
    def test_what_is_no_date_is_a_wrong_one(self, site: Rest, parts: tuple[str, str, str]) -> None:
        assert self.send(site, new_link(site, birth_date=BORN).token, *parts).status_code == 422

    def test_five_wrong_dates_lock_the_link(self, site: Rest) -> None:
        token = new_link(site, birth_date=BORN).token
        answers = [self.send(site, token, str(1980 + number)) for number in range(5)]
        assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 404]
        assert "This is not the date of birth" in answers[0].text
        assert "1970" not in answers[0].text
        assert self.send(site, token, "1970").status_code == 404


def test_a_second_browser_works_on_the_same_visit_and_another_link_on_another(site: Rest) -> None:
    first, second = new_link(site, "l-1"), new_link(site, "l-2")
    for token in (first.token, first.token, second.token):
        site.app.test_client().post(f"/forms/link/{token}")
    with site.database.read() as connection:
        assert len(connection.execute(select(t.form_visit)).all()) == 2


def test_the_token_is_in_no_log_no_header_and_no_row(site: Rest, logged: Any) -> None:
    token = new_link(site).token
    answers = [site.client.get(f"/forms/link/{token}"), site.client.post(f"/forms/link/{token}")]
    answers.append(site.client.get("/forms/start", headers={"Referer": f"http://localhost/forms/link/{token}"}))
    answers.append(site.client.get(f"/forms/link/{token}/more"))
    assert token not in logged.stream.getvalue()
    for answer in answers:
        assert token not in str(answer.headers)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
    assert token not in answers[2].text
    assert token not in str(rows(site))
    assert token not in site.client.get("/metrics").text


def test_tries_are_limited_by_link_and_by_address(sqlite: Database, clock: Clock) -> None:
    site = rest_on(sqlite, clock, rate_link="4/hour")
    token = new_link(site).token
    answers = [site.client.get(f"/forms/link/{token}") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert site.client.get("/forms/link/another").status_code == 429
    elsewhere = {"REMOTE_ADDR": "192.0.2.9"}
    assert site.client.get("/forms/link/another", environ_base=elsewhere).status_code == 404


def test_with_access_control_opening_is_in_the_audit_trail(sqlite: Database, clock: Clock, tmp_path: Any) -> None:
    with issuing() as issuer:
        site = rest_on(sqlite, clock, auth="smart", issuers=issuer_file(tmp_path, issuer))
    token = new_link(site, birth_date=BORN).token
    site.client.post(f"/forms/link/{token}", data={"year": "1980", "month": "1", "day": "1"})
    site.client.post(f"/forms/link/{token}", data={"year": "1970", "month": "3", "day": "1"})
    site.client.post("/forms/link/unknown")
    kept = [record.body for record in DatabaseAudit(sqlite).records()]
    assert ['"outcome":"0"' in body for body in kept] == [False, True, False]
    assert ["Patient/p1" in body for body in kept] == [True, True, False]
    assert all(token not in body for body in kept)
