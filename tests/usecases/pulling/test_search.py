"""Responses on the FHIR server are found by notifications, by missed events, and by searching, and picked up once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from service.adapters.database import tables as t
from service.adapters.database.pulling.notices import DatabaseNotices
from service.fhir.r4.types import Resource
from service.fhir.subscriptions.notification import read_notification
from service.ports.fhir_server import TOO_LARGE, LookUp, ServerResponse
from service.ports.pulling.notices import TooManyNotices
from service.usecases.pulling.fetch import ALARM_ATTEMPT, Puller, fetch_noticed
from service.usecases.pulling.notify import receive_notification
from service.usecases.pulling.pull import pull_next
from service.usecases.pulling.search import OVERLAP
from tests.support.building import NOW, scored
from tests.support.logging import Log
from tests.support.other_systems.portal_server import BASE, PortalServer, event_part, notification, puller_of
from tests.support.rest import Rest

DOWN = ServerResponse(503)


def gad(id: str, **elements: Any) -> Resource:
    return {**scored("gad-7", [0] * 7, patient=f"Patient/p{id}"), "id": id, **elements}


def pull(puller: Puller) -> None:
    """Everything that is due."""
    while pull_next(puller):
        pass


def assessed(rest: Rest) -> list[str]:
    """The lead response of each act."""
    with rest.database.read() as connection:
        return sorted(connection.scalars(select(t.act.c.lead)))


def waiting(rest: Rest) -> int:
    with rest.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(t.notice)) or 0


def tell(puller: Puller, server: PortalServer, bundle: Resource) -> None:
    receive_notification(read_notification(bundle), BASE, puller.notices, server.clock())


class TestSearch:
    def test_what_is_written_after_the_first_search_is_found(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        pull(puller)
        server.write(gad("1"))
        server.clock.forward(minutes=2)
        pull(puller)
        assert assessed(rest) == ["1"]

    def test_the_search_is_due_again_after_the_interval(self, puller: Puller, server: PortalServer) -> None:
        pull(puller)
        server.clock.forward(seconds=59)
        pull(puller)
        assert len(server.asked) == 1
        server.clock.forward(seconds=1)
        pull(puller)
        assert len(server.asked) == 2

    def test_each_search_goes_back_a_while_before_the_last_response(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        pull(puller)
        server.clock.forward(minutes=20)
        server.write(gad("1"))
        late = server.clock()
        pull(puller)
        # Another transaction of the server began before and ended after: it is visible only now.
        server.clock.now = late - timedelta(minutes=4)
        server.write(gad("2"))
        server.clock.now = late + timedelta(minutes=2)
        pull(puller)
        assert assessed(rest) == ["1", "2"]
        assert timedelta(minutes=4) < OVERLAP

    @pytest.mark.parametrize("has_links", [True, False])
    def test_all_pages_are_read(self, rest: Rest, puller: Puller, server: PortalServer, has_links: bool) -> None:
        pull(puller)
        server.page, server.has_links = 3, has_links
        for number in range(1, 9):
            server.write(gad(str(number)))
        server.clock.forward(minutes=2)
        pull(puller)
        assert assessed(rest) == [str(number) for number in range(1, 9)]

    def test_a_page_that_leads_elsewhere_and_does_not_move_on_is_told(
        self, puller: Puller, server: PortalServer, logged: Log
    ) -> None:
        pull(puller)
        server.page, server.has_links = 1, False
        for number in (1, 2):
            server.write(gad(str(number)))
            server.stored[f"QuestionnaireResponse/{number}"]["meta"]["lastUpdated"] = "2026-11-21T12:00:00.000Z"
        server.clock.forward(minutes=2)
        pull(puller)
        (line,) = logged.of("change_search_failed")
        assert line[0] == "warning"
        assert "SURAL_FHIR_SERVER_ALIASES" in str(line[3])

    def test_a_failure_is_a_warning_and_tried_again(
        self, rest: Rest, puller: Puller, server: PortalServer, logged: Log
    ) -> None:
        pull(puller)
        server.write(gad("1"))
        server.fails = DOWN
        server.clock.forward(minutes=2)
        pull(puller)
        assert [line[0] for line in logged.of("change_search_failed")] == ["warning"]
        server.fails = None
        server.clock.forward(minutes=2)
        pull(puller)
        assert assessed(rest) == ["1"]

    def test_a_time_in_the_future_does_not_move_the_search_there(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        pull(puller)
        server.write(gad("1"))
        server.stored["QuestionnaireResponse/1"]["meta"]["lastUpdated"] = "2099-01-01T00:00:00Z"
        server.clock.forward(minutes=2)
        pull(puller)
        server.write(gad("2"))
        server.clock.forward(minutes=2)
        pull(puller)
        assert assessed(rest) == ["1", "2"]


class TestFetching:
    def test_hook_and_search_of_one_response_assess_once(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        pull(puller)
        server.write(gad("1"))
        puller.notices.save_notices(["1"], server.clock())
        puller.notices.save_notices(["1"], server.clock())
        server.clock.forward(minutes=2)
        pull(puller)
        puller.notices.save_notices(["1"], server.clock())
        pull(puller)
        assert assessed(rest) == ["1"]
        assert waiting(rest) == 0

    def test_a_response_that_is_no_longer_there_is_forgotten(self, rest: Rest, puller: Puller) -> None:
        puller.notices.save_notices(["gone"], NOW)
        pull(puller)
        assert (assessed(rest), waiting(rest)) == ([], 0)

    def test_while_the_server_is_down_the_notice_waits_and_an_operator_is_told_once(
        self, rest: Rest, puller: Puller, server: PortalServer, logged: Log
    ) -> None:
        server.write(gad("1"))
        puller.notices.save_notices(["1"], server.clock())
        server.fails = DOWN
        for _ in range(ALARM_ATTEMPT + 3):
            server.clock.forward(hours=2)
            assert fetch_noticed(puller) is not None
        assert [line[0] for line in logged.of("response_not_picked_up")] == ["error"]
        server.fails = None
        server.clock.forward(hours=2)
        pull(puller)
        assert (assessed(rest), waiting(rest)) == (["1"], 0)

    def test_a_notice_that_comes_meanwhile_is_not_lost(self, puller: Puller, server: PortalServer) -> None:
        puller.notices.save_notices(["1"], NOW)
        (taken,) = puller.notices.take_notices(NOW, NOW + timedelta(minutes=2), 9)
        assert puller.notices.take_notices(NOW, NOW + timedelta(minutes=2), 9) == []
        puller.notices.save_notices(["1"], NOW)
        puller.notices.settle_notice(taken)
        assert [each.id for each in puller.notices.take_notices(NOW, NOW + timedelta(minutes=2), 9)] == ["1"]

    def test_responses_that_are_too_large_together_are_read_one_at_a_time(
        self, rest: Rest, server: PortalServer
    ) -> None:
        class Small(PortalServer):
            def look_up(self, addresses: Any, whole: bool = False) -> LookUp:
                if len(addresses) > 1:
                    return LookUp(failure=ServerResponse(None, TOO_LARGE))
                return super().look_up(addresses, whole)

        small = Small(server.clock)
        puller = puller_of(rest, small)
        for id in ("1", "2"):
            small.write(gad(id))
        puller.notices.save_notices(["1", "2"], small.clock())
        pull(puller)
        assert assessed(rest) == ["1", "2"]

    def test_notices_are_bounded(self, rest: Rest) -> None:
        notices = DatabaseNotices(rest.database, most=2)
        notices.save_notices(["1", "2"], NOW)
        with pytest.raises(TooManyNotices):
            notices.save_notices(["3"], NOW)
        notices.save_notices(["1"], NOW)


class TestEvents:
    def test_the_responses_of_a_notification_are_picked_up(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        server.write(gad("1"))
        tell(puller, server, server.notification(1, 1))
        pull(puller)
        assert assessed(rest) == ["1"]

    def test_missed_events_are_told_and_asked_for(
        self, rest: Rest, puller: Puller, server: PortalServer, logged: Log
    ) -> None:
        for id in ("1", "2", "3", "4"):
            server.write(gad(id))
        tell(puller, server, server.notification(1, 1))
        tell(puller, server, server.notification(4, 4))
        pull(puller)
        assert assessed(rest) == ["1", "2", "3", "4"]
        assert "events 2 to 3" in server.asked
        assert [(line["level"], line["count"]) for line in logged.lines if line["event"] == "notifications_missed"] == [
            ("warning", 2)
        ]

    def test_without_the_operation_the_search_finds_them(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        pull(puller)
        server.offers_events = False
        for id in ("1", "2", "3"):
            server.write(gad(id))
        tell(puller, server, server.notification(3, 3))
        pull(puller)
        assert assessed(rest) == ["1", "2", "3"]

    def test_a_heartbeat_shows_that_the_last_ones_were_missed(
        self, rest: Rest, puller: Puller, server: PortalServer
    ) -> None:
        for id in ("1", "2"):
            server.write(gad(id))
        tell(puller, server, server.notification(1, 1))
        tell(puller, server, notification([], "heartbeat", 2))
        pull(puller)
        assert assessed(rest) == ["1", "2"]

    def test_one_that_comes_twice_or_late_is_no_gap(
        self, rest: Rest, puller: Puller, server: PortalServer, logged: Log
    ) -> None:
        for id in ("1", "2", "3"):
            server.write(gad(id))
        for number in (1, 2, 2, 1, 3):
            tell(puller, server, server.notification(number, number))
        pull(puller)
        assert assessed(rest) == ["1", "2", "3"]
        assert logged.of("notifications_missed") == []

    def test_a_handshake_starts_the_count_anew(self, puller: Puller, server: PortalServer, logged: Log) -> None:
        tell(puller, server, notification([event_part(7, "QuestionnaireResponse/1")]))
        tell(puller, server, notification([], "handshake", 0))
        tell(puller, server, notification([event_part(1, "QuestionnaireResponse/1")]))
        assert [line["count"] for line in logged.lines if line["event"] == "notifications_missed"] == [6]

    def test_an_empty_payload_makes_the_search_due(self, rest: Rest, puller: Puller, server: PortalServer) -> None:
        pull(puller)
        server.write(gad("1"))
        part = {"name": "notification-event", "part": [{"name": "event-number", "valueString": "1"}]}
        tell(puller, server, notification([part]))
        pull(puller)
        assert assessed(rest) == ["1"]

    def test_only_responses_on_this_server_are_noticed(self, rest: Rest, puller: Puller, server: PortalServer) -> None:
        places = ("http://elsewhere.example/QuestionnaireResponse/1", "Patient/1", "QuestionnaireResponse/../x", "#1")
        tell(puller, server, notification([event_part(n, place) for n, place in enumerate(places, 1)]))
        assert waiting(rest) == 0
        own = (f"{BASE}/QuestionnaireResponse/1", "QuestionnaireResponse/2/_history/3")
        tell(puller, server, notification([event_part(n, place) for n, place in enumerate(own, 5)]))
        assert waiting(rest) == 2
