"""The arguments of `sural assess` and `sural explain`: the responses of one patient, in files."""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from service.cli.arguments import FILE, say
from service.cli.failures import NoResult
from service.cli.responses.input_files import FILE_OR_FOLDER, fault_line, read_inputs
from service.clock import now as current_time
from service.fhir.r4.datetimes import parse_datetime
from service.fhir.r4.element_definitions import MATCHES
from service.fhir.r4.strict_json import load
from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource
from service.issues import Malformed, Rejected


@dataclass(frozen=True)
class PatientFiles:
    """The responses of one patient, ``Patient.birthDate``, ``Patient.gender`` and a phone of ``Patient.telecom`` if
    known, and the time of the assessment."""

    responses: list[Resource]
    birth_date: str | None
    gender: str | None
    now: datetime
    phone: Resource | None = None


def patient_arguments(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the arguments RESPONSES, --patient and --now to a command."""
    now = click.option("--now", "now_text", help="Time of the assessment, a FHIR instant. Default: the current time.")
    patient = click.option(
        "--patient",
        type=FILE,
        help="The Patient; Patient.birthDate gives the age, Patient.gender the sex, telecom a phone.",
    )
    responses = click.argument("responses", nargs=-1, required=True, type=FILE_OR_FOLDER)
    return responses(patient(now(command)))


def read_patient_files(responses: Sequence[Path], patient: Path | None, now_text: str | None) -> PatientFiles:
    """Reads the files. Raises Malformed if a file is not a FHIR resource, NoResult if the arguments disagree."""
    resources = [load(path.read_bytes()) for path in responses]
    now = current_time() if now_text is None else read_instant(now_text)
    person = {} if patient is None else read_patient_file(patient, resources)
    birth_date, gender = person.get("birthDate") or None, person.get("gender") or None
    return PatientFiles(resources, birth_date, gender, now, phone_of(person))


def for_each_patient(
    paths: Sequence[Path], patient: Path | None, now_text: str | None, show: Callable[[PatientFiles], str]
) -> bool:
    """Prints what ``show`` gives for the responses of each patient in files and folders. Returns whether all was well.

    The responses of one patient are one submission. Patients in the files give birth date, sex and phone. A fault is
    said on standard error with its file, and the next patient follows.
    """
    if patient is not None:
        raise NoResult("--patient is for the responses of one patient. Put each Patient into a file beside the others.")
    now = current_time() if now_text is None else read_instant(now_text)
    found, is_well = read_by_patient(paths)
    with click.progressbar(found.values(), label="Assess", file=sys.stderr) as groups:
        for group in groups:
            try:
                click.echo(show(group.files(now)))
            except Rejected as problem:
                is_well = False
                for issue in problem.issues:
                    say(fault_line(", ".join(group.places), issue))
    return is_well


@dataclass
class PatientGroup:
    """The responses of one patient with their places, and the Patient if it is in the files."""

    places: list[str] = field(default_factory=list)
    responses: list[Resource] = field(default_factory=list)
    person: Resource = field(default_factory=dict)

    def files(self, now: datetime) -> PatientFiles:
        """What an assessment needs."""
        person = self.person
        birth_date, gender = person.get("birthDate") or None, person.get("gender") or None
        return PatientFiles(self.responses, birth_date, gender, now, phone_of(person))


def read_by_patient(paths: Sequence[Path]) -> tuple[dict[str, PatientGroup], bool]:
    """The responses in files and folders by subject, in the order of the first of each, and whether all were readable.

    A response whose subject is not readable is a group of its own.
    """
    groups, people, is_well = dict[str, PatientGroup](), dict[str, Resource](), True
    for each in read_inputs(paths):
        if each.resource is None:
            is_well = False
            say(fault_line(each.place, each.issues[0]))
        elif each.resource.get("resourceType") == "Patient":
            people[f"Patient/{each.resource.get('id')}"] = each.resource
        else:
            group = groups.setdefault(subject_of(each.resource) or each.place, PatientGroup())
            group.places.append(each.place)
            group.responses.append(each.resource)
    for subject, group in groups.items():
        group.person = checked_person(people.get(subject, {}))
    return groups, is_well


def subject_of(response: Resource) -> str | None:
    """The reference to the patient, as it is written; None without one."""
    subject = response.get("subject")
    reference = subject.get("reference") if isinstance(subject, dict) else None
    return reference if isinstance(reference, str) else None


def checked_person(resource: Resource) -> Resource:
    """The Patient, or nothing of it if its structure is not valid."""
    try:
        check_structure(resource, "Patient")
    except Malformed:
        return {}
    return resource


def phone_of(patient: Resource) -> Resource | None:
    """The phone in ``Patient.telecom`` with the best rank, without old ones; None if there is none."""
    phones = [
        point
        for point in patient.get("telecom", ())
        if point.get("system") == "phone" and point.get("value") and point.get("use") != "old"
    ]
    return min(phones, key=lambda point: point.get("rank", math.inf)) if phones else None


def read_instant(text: str) -> datetime:
    """The time that --now gives. Raises NoResult if it is not a FHIR instant."""
    if not MATCHES["Instant"](text):
        raise NoResult("--now must be a FHIR instant with a time zone, for example 2026-11-21T09:00:00Z.")
    return parse_datetime(text).sort_key


def read_patient_file(path: Path, responses: Sequence[Resource]) -> Resource:
    """The Patient. Raises NoResult if it is not the subject of every response."""
    resource = load(path.read_bytes())
    check_structure(resource, "Patient")
    subjects = {str(response.get("subject", {}).get("reference", "")) for response in responses}
    if "id" in resource and any(not subject.endswith(f"Patient/{resource['id']}") for subject in subjects):
        raise NoResult("--patient must be the Patient that QuestionnaireResponse.subject of every response refers to.")
    return resource
