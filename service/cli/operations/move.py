"""`sural move`: everything of one patient, to another record of the same person."""

import getpass
import re
import socket
from contextlib import closing
from functools import partial
from uuid import uuid4

import click

from service import clock
from service.adapters.database.engine import Database
from service.adapters.database.operations.moving import move_patient
from service.cli.arguments import plain_settings, say
from service.cli.failures import CommandFailed, as_plain_errors
from service.fhir.audit_event import patient_entity
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.types import Resource
from service.fhir.results.bundle import outgoing_copy, with_profiles
from service.ports.access.audit import Access, Actor
from service.usecases.access.audit import access_event
from service.usecases.patients.readdress import readdressed, replaced_note
from service.usecases.responses.prepare import AssessmentContext
from service.wiring import wire

PATIENT = re.compile(r"Patient/[A-Za-z0-9\-.]{1,64}", re.ASCII)


@click.command("move")
@click.argument("old")
@click.argument("new")
def move_command(old: str, new: str) -> None:
    """Move everything of one patient to another record.

    OLD and NEW are references to records of the same person, for example Patient/p1. Everything is moved, or nothing.
    Each resource gets a new version, which is delivered; the versions before stay. With SQLite, stop the service
    first. The move is an AuditEvent. It cannot be undone. Prints the number of rows by table.
    """
    for reference in (old, new):
        if not PATIENT.fullmatch(reference):
            raise CommandFailed("OLD and NEW must be references such as Patient/p1.")
    if old == new:
        raise CommandFailed("OLD and NEW are the same patient.")
    settings, now = plain_settings(), clock.now()
    with as_plain_errors(), closing(Database(settings.database)) as database:
        database.check_version()
        context = wire(settings).context
        outgoing = partial(as_sent, context=context)
        change = partial(for_new, old=old, new=new, context=context)
        event = move_event(old, new)
        counts = move_patient(database, old, new, change, outgoing, event, format_instant(now))
    if not counts:
        raise CommandFailed("Nothing of the patient OLD is stored.")
    for table, count in counts.items():
        click.echo(f"{table}\t{count}")
    say("Moved. The new versions wait in the outbox.")


def for_new(resource: Resource, old: str, new: str, context: AssessmentContext) -> Resource:
    """A resource of the old patient as one of the new patient; an impression says so."""
    written = {old, *(f"{base}/{old}" for base in context.bases)}
    return readdressed(resource, written, new, replaced_note(old, new, context.knowledge.messages))


def as_sent(response: Resource, context: AssessmentContext) -> Resource:
    """A response as it is delivered."""
    return with_profiles(outgoing_copy(response), context.knowledge.profiles)


def move_event(old: str, new: str) -> Resource:
    """The AuditEvent: who of which machine moved which patient to which."""
    actor = Actor(socket.gethostname(), client=f"sural move, {getpass.getuser()}")
    access = Access(clock.now(), str(uuid4()), "update", 200, actor, socket.gethostname(), patient=new)
    event = access_event(access, str(uuid4()))
    return {**event, "entity": [*event["entity"], {**patient_entity(old), "description": "moved from this patient"}]}
