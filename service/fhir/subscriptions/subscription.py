"""The Subscription that tells this service of responses on the FHIR server.

https://hl7.org/fhir/R4/subscription.html
http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition-backport-subscription.html
"""

from collections.abc import Iterator

from service.fhir.ids import name_uuid
from service.fhir.r4.types import Resource
from service.fhir.r4.unchecked_json import objects_of

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
TOPICS = f"{BACKPORT}/capabilitystatement-subscriptiontopic-canonical"
CRITERIA = "QuestionnaireResponse?"
MEDIA_TYPE = "application/fhir+json"
HEARTBEAT_SECONDS = 600
# Notifications are put into one Bundle up to this number.
MAX_COUNT = 50


def subscription_id(endpoint: str) -> str:
    """The id of the Subscription for an endpoint: installing it again replaces it."""
    return f"s-{name_uuid(f'subscription|{endpoint}'.encode())}"


def response_subscription(endpoint: str, secret: str, status: str, topic: str | None = None) -> Resource:
    """A rest-hook Subscription on every QuestionnaireResponse; with a topic in the topic-based form.

    ``status`` is requested or off. The secret is in the header that the server sends.
    """
    subscription: Resource = {
        "resourceType": "Subscription",
        "id": subscription_id(endpoint),
        "status": status,
        "reason": "Responses that portals write here are assessed.",
        "criteria": CRITERIA,
        "channel": {
            "type": "rest-hook",
            "endpoint": endpoint,
            "payload": MEDIA_TYPE,
            "header": [f"Authorization: Bearer {secret}"],
        },
    }
    return subscription if topic is None else on_topic(subscription, topic)


def on_topic(subscription: Resource, topic: str) -> Resource:
    """The Subscription in the topic-based form. A notification has event numbers and references, and no content."""
    channel = {
        **subscription["channel"],
        "_payload": {"extension": [{"url": f"{BACKPORT}/backport-payload-content", "valueCode": "id-only"}]},
        "extension": [
            {"url": f"{BACKPORT}/backport-heartbeat-period", "valueUnsignedInt": HEARTBEAT_SECONDS},
            {"url": f"{BACKPORT}/backport-max-count", "valuePositiveInt": MAX_COUNT},
        ],
    }
    profile = {"profile": [f"{BACKPORT}/backport-subscription"]}
    return {**subscription, "meta": profile, "criteria": topic, "channel": channel}


def offered_topics(capability_statement: Resource) -> Iterator[str]:
    """The canonicals of the topics that a CapabilityStatement offers."""
    for rest in objects_of(capability_statement.get("rest")):
        for resource in objects_of(rest.get("resource")):
            for extension in objects_of(resource.get("extension")):
                canonical = extension.get("valueCanonical")
                if extension.get("url") == TOPICS and isinstance(canonical, str):
                    yield canonical
