"""`sural erase`: everything of one patient, after an export."""

import getpass
import hashlib
import os
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import click

from service import clock
from service.adapters.database.engine import Database
from service.adapters.database.operations.erasure import PatientRows, erase_patient
from service.cli.arguments import plain_settings, say
from service.cli.failures import CommandFailed, as_plain_errors
from service.fhir.audit_event import identified
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.ports.access.audit import Access, Actor
from service.usecases.access.audit import access_event

PATIENT = re.compile(r"Patient/[A-Za-z0-9\-.]{1,64}", re.ASCII)
ONLY_OWNER = 0o600


@click.command("erase")
@click.argument("patient")
@click.option("--export", required=True, type=click.Path(path_type=Path), help="The file to write first; must be new.")
def erase_command(patient: str, export: Path) -> None:
    """Delete everything of one patient, after an export.

    PATIENT is a reference, for example Patient/p1. Needs SURAL_ERASE=allowed. With SQLite, stop the service first.
    What the FHIR server and backups have stays there. The erasure itself is an AuditEvent. Prints the number of rows
    by table.
    """
    settings = plain_settings()
    if settings.erase != "allowed":
        raise CommandFailed("SURAL_ERASE is not set to allowed, so nothing is erased.")
    if not PATIENT.fullmatch(patient):
        raise CommandFailed("The patient must be a reference such as Patient/p1.")
    with as_plain_errors(), closing(Database(settings.database)) as database:
        database.check_version()
        counts = erase_patient(database, patient, lambda rows: keep_rows(rows, patient, export, clock.now()))
    if not counts:
        raise CommandFailed("Nothing of this patient is stored.")
    for table, count in counts.items():
        click.echo(f"{table}\t{count}")
    say(f"Erased. The export is {export}; {counts.get('delivered', 0)} resources were delivered to the FHIR server.")


def keep_rows(rows: PatientRows, patient: str, export: Path, now: datetime) -> Resource:
    """Writes the export. Returns the AuditEvent of the erasure, which names the export by its digest."""
    content = encode({"patient": patient, "tables": dict(rows)})
    with new_file(export) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return erasure_event(patient, hashlib.sha256(content).hexdigest(), now)


@contextmanager
def new_file(path: Path) -> Iterator[Any]:
    """A file that only its owner can read. Raises CommandFailed if there is one already, or it cannot be written."""
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_OWNER)
    except OSError as problem:
        raise CommandFailed(f"The export {path} cannot be written: {problem.strerror}. Nothing is erased.") from None
    with os.fdopen(opened, "wb") as file:
        yield file


def erasure_event(patient: str, digest: str, now: datetime) -> Resource:
    """The AuditEvent: who of which machine erased, the patient, and the SHA-256 of the export."""
    actor = Actor(socket.gethostname(), client=f"sural erase, {getpass.getuser()}")
    access = Access(now, str(uuid4()), "delete", 200, actor, socket.gethostname(), patient=patient)
    event = access_event(access, str(uuid4()))
    exported = {
        "what": identified("urn:ietf:rfc:6920", f"sha-256:{digest}"),
        "description": "export before the erasure",
    }
    return {**event, "entity": [*event["entity"], exported]}
