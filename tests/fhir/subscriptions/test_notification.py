"""A notification is read from Parameters (R4) and from SubscriptionStatus (R4B), whatever else is in the Bundle."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.fhir.subscriptions.notification import NotifiedEvent, read_notification
from service.issues import Malformed
from tests.support.other_systems.portal_server import event_part, notification

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["resourceType", "entry", "resource", "parameter", "part", "name", "valueString"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


def test_parameters() -> None:
    events = [event_part(5, "QuestionnaireResponse/1"), event_part(6, "QuestionnaireResponse/2")]
    read = read_notification(notification(events, count=6))
    assert (read.kind, read.count) == ("event-notification", 6)
    assert read.subscription == "http://fhir.example/base/Subscription/s-1"
    assert read.events == [NotifiedEvent(5, "QuestionnaireResponse/1"), NotifiedEvent(6, "QuestionnaireResponse/2")]
    assert list(read.runs) == [(5, 6)]


def test_subscription_status() -> None:
    status = {
        "resourceType": "SubscriptionStatus",
        "type": "event-notification",
        "eventsSinceSubscriptionStart": "9",
        "subscription": {"reference": "Subscription/s-1"},
        "notificationEvent": [{"eventNumber": "9", "focus": {"reference": "QuestionnaireResponse/1"}}],
    }
    read = read_notification({"resourceType": "Bundle", "type": "history", "entry": [{"resource": status}]})
    assert (read.subscription, read.count) == ("Subscription/s-1", 9)
    assert read.events == [NotifiedEvent(9, "QuestionnaireResponse/1")]


def test_gaps_within_a_notification_divide_it_into_runs() -> None:
    events = [event_part(number, "QuestionnaireResponse/1") for number in (7, 3, 4, 9, 8)]
    assert list(read_notification(notification(events)).runs) == [(3, 4), (7, 9)]


@pytest.mark.parametrize("number", ["-1", "1.5", "", "9" * 30, "2147483648", "٣", True, None, {}])
def test_what_is_no_number_is_none(number: Any) -> None:
    part = {"name": "notification-event", "part": [{"name": "event-number", "valueString": number}]}
    assert [event.number for event in read_notification(notification([part])).events] == [None]


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_anything_is_read_or_refused(body: Any) -> None:
    status = body if isinstance(body, dict) else {"resourceType": "Parameters", "parameter": body}
    for bundle in ({"resourceType": "Bundle", "entry": [{"resource": status}]}, {"entry": body}):
        with suppress(Malformed):
            list(read_notification(bundle).runs)
