"""/notify takes notifications of the FHIR server: with its secret, without reading their content."""

import pytest
from sqlalchemy import select

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.pulling import notices
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.support.building import phq
from tests.support.logging import Log
from tests.support.other_systems.portal_server import BASE, event_part, notification
from tests.support.rest import Clock, Rest, rest_on

SECRET = "a-secret-that-only-the-fhir-server-has"
HEADERS = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/fhir+json"}
HOOK = "/notify/QuestionnaireResponse/123"


@pytest.fixture
def rest(database: Database, clock: Clock) -> Rest:
    return rest_on(database, clock, fhir_server=BASE, notify_secret=SECRET)


def noticed(rest: Rest) -> list[str]:
    with rest.database.read() as connection:
        return sorted(connection.scalars(select(t.notice.c.id)))


def bundle() -> Resource:
    return notification([event_part(1, "QuestionnaireResponse/5")])


def test_the_hook_of_hapi_is_taken_whatever_version_it_names(rest: Rest) -> None:
    """HAPI sends `PUT [endpoint]/QuestionnaireResponse/[id]` with `If-Match` of its own version."""
    answer = rest.client.put(HOOK, data=encode(phq(id="123")), headers={**HEADERS, "If-Match": 'W/"7"'})
    assert (answer.status_code, answer.data) == (200, b"")
    assert noticed(rest) == ["123"]


def test_a_notification_of_a_topic_is_taken(rest: Rest) -> None:
    assert rest.client.post("/notify", data=encode(bundle()), headers=HEADERS).status_code == 200
    assert noticed(rest) == ["5"]


def test_a_hook_without_content_makes_the_search_due(rest: Rest) -> None:
    store = notices.DatabaseNotices(rest.database)
    clock = rest.app.extensions["sural"].now
    store.take_search(BASE, clock(), clock())
    store.save_progress(BASE, None, clock().replace(year=2030))
    assert rest.client.post("/notify", headers=HEADERS).status_code == 200
    assert store.take_search(BASE, clock(), clock()) is not None


@pytest.mark.parametrize("sent", [{}, {"Authorization": f"Bearer {SECRET}x"}, {"Authorization": SECRET}])
@pytest.mark.parametrize(("method", "path"), [("PUT", HOOK), ("POST", "/notify")])
def test_without_the_secret_it_is_refused(rest: Rest, sent: dict[str, str], method: str, path: str) -> None:
    answer = rest.client.open(path, method=method, data=encode(bundle()), headers=sent)
    assert (answer.status_code, answer.headers["WWW-Authenticate"].lower()) == (401, "bearer")
    assert noticed(rest) == []
    assert SECRET not in answer.text


@pytest.mark.parametrize("settings", [{}, {"fhir_server": BASE}, {"notify_secret": SECRET}])
def test_without_the_settings_there_is_no_such_address(
    database: Database, clock: Clock, settings: dict[str, str]
) -> None:
    rest = rest_on(database, clock, **settings)
    assert rest.client.put(HOOK, data=b"{}", headers=HEADERS).status_code == 404


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"resourceType":"Bundle"}', encode(phq())])
def test_another_body_is_refused(rest: Rest, body: bytes) -> None:
    assert rest.client.post("/notify", data=body, headers=HEADERS).status_code == 400


def test_an_id_that_is_none_is_refused(rest: Rest) -> None:
    assert rest.client.put("/notify/QuestionnaireResponse/a%20b", headers=HEADERS).status_code == 400
    assert rest.client.put(f"/notify/QuestionnaireResponse/{'x' * 65}", headers=HEADERS).status_code == 400
    assert noticed(rest) == []


def test_too_many_are_told_to_come_again(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    context = rest.app.extensions["sural"].notifications
    monkeypatch.setattr(context.notices, "most", 1)
    assert rest.client.put(HOOK, headers=HEADERS).status_code == 200
    assert rest.client.put(f"{HOOK}4", headers=HEADERS).status_code == 503


def test_neither_secret_nor_id_is_logged(rest: Rest, logged: Log) -> None:
    rest.client.put(HOOK, data=encode(phq(id="123")), headers=HEADERS)
    rest.client.put(HOOK, headers={"Authorization": "Bearer another-secret-that-is-wrong"})
    assert "/notify/QuestionnaireResponse/<id>" in logged.stream.getvalue()
    assert all(word not in logged.stream.getvalue() for word in ("123", SECRET, "another-secret"))
