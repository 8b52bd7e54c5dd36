"""`sural subscribe`: our Subscription on the FHIR server."""

import click

from service.adapters.fhir_server.client import HttpFhirServer
from service.cli.arguments import plain_settings, say
from service.cli.failures import CommandFailed, as_plain_errors
from service.cli.operations.publish import put_and_report
from service.fhir.subscriptions.subscription import offered_topics, response_subscription
from service.settings import Settings
from service.wiring import connect_fhir_server


@click.command("subscribe")
@click.option("--topic", help="Canonical of a topic of the server: notifications with event numbers.")
@click.option("--endpoint", help="Our address for notifications, if it is not that of SURAL_BASE_URL with /notify.")
@click.option("--off", is_flag=True, help="End the Subscription.")
def subscribe_command(topic: str | None, endpoint: str | None, off: bool) -> None:
    """Install our Subscription on the FHIR server.

    The server then tells /notify of each QuestionnaireResponse that is new or changed, with SURAL_NOTIFY_SECRET. A
    second time changes nothing. Whoever may read the Subscription on that server can read the secret.

    With --topic the Subscription has the topic-based form (R5 backport); its events must be about
    QuestionnaireResponses. If the server offers topics, they are listed.
    """
    settings = plain_settings()
    server, secret = required_server(settings), required_secret(settings)
    address = endpoint or settings.notify_url
    if address is None:
        raise CommandFailed("SURAL_BASE_URL does not end with /fhir. Give the address for notifications: --endpoint.")
    topics = [] if off else list_topics(server)
    if topic is not None and topics and topic not in topics:
        raise CommandFailed(f"The FHIR server does not offer this topic. It offers: {', '.join(topics)}")
    resource = response_subscription(address, secret, "off" if off else "requested", topic)
    if not put_and_report(resource, server):
        raise CommandFailed("The FHIR server did not accept the Subscription. Does it allow rest-hook Subscriptions?")
    if topic is None and topics:
        say(f"The server offers topics, which have event numbers. To use one: --topic. {', '.join(topics)}")


def required_server(settings: Settings) -> HttpFhirServer:
    """The FHIR server. Raises CommandFailed if none is set."""
    if settings.fhir_server is None:
        raise CommandFailed("SURAL_FHIR_SERVER is not set. Set it to the base address of the FHIR server.")
    with as_plain_errors():
        return connect_fhir_server(settings.fhir_server, settings)


def required_secret(settings: Settings) -> str:
    """The secret of notifications. Raises CommandFailed if none is set."""
    if settings.notify_secret is None:
        raise CommandFailed("SURAL_NOTIFY_SECRET is not set. Set it to a secret of at least 20 characters.")
    return settings.notify_secret


def list_topics(server: HttpFhirServer) -> list[str]:
    """The topics that the server offers; none, with a line that says so, if its CapabilityStatement cannot be read."""
    answer = server.read_capabilities()
    if answer.status != 200 or answer.bundle is None:
        say(f"The FHIR server does not tell its topics: {answer.problem or f'status {answer.status}'}.")
        return []
    return list(dict.fromkeys(offered_topics(answer.bundle)))
