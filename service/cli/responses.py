"""The commands that take responses from files and store nothing."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from service.adapters.catalogue import load_catalogue
from service.app import wire
from service.cli.command import FILE, NotTold, configured, main, plainly
from service.explain import explain
from service.fhir.elements import MATCHES
from service.fhir.encoding import pretty
from service.fhir.outcomes import outcome
from service.fhir.reading import Resource, load
from service.fhir.structure import check_structure
from service.fhir.times import moment
from service.fhir.writing import with_full_urls
from service.screening.faults import Malformed
from service.submit import dry_run
from service.validate import Verdict, supply, validate, validate_questionnaire


@main.command()
@click.argument("responses", nargs=-1, required=True, type=FILE)
@click.option("--patient", type=FILE, help="The Patient, for the age (birthDate).")
@click.option("--now", "clock", help="The time of assessment, as a FHIR instant; the time of day if left out.")
def assess(responses: Sequence[Path], patient: Path | None, clock: str | None) -> None:
    """Print the Bundle that these responses of one patient would give as one act.

    RESPONSES are QuestionnaireResponses in JSON. Reads and writes no store; ids the responses bring are kept.
    Only the Bundle goes to standard output. A response that cannot be taken gives an OperationOutcome on
    standard error and exit code 1.
    """
    settings = configured()
    with plainly():
        wiring = wire(settings)
        resources = [load(path.read_bytes()) for path in responses]
        when = datetime.now(UTC) if clock is None else read_clock(clock)
        birth_date = None if patient is None else read_birth_date(patient, resources)
        bundle = dry_run(resources, wiring.desk, when, birth_date)
    click.echo(pretty(with_full_urls(bundle, settings.fhir_server or settings.base)))


@main.command("explain")
@click.argument("responses", nargs=-1, required=True, type=FILE)
@click.option("--patient", type=FILE, help="The Patient, for the age (birthDate).")
@click.option("--now", "clock", help="The time of assessment, as a FHIR instant; the time of day if left out.")
def explain_command(responses: Sequence[Path], patient: Path | None, clock: str | None) -> None:
    """Print why these responses of one patient come to what they come to, as a person would read it.

    RESPONSES are QuestionnaireResponses in JSON. First what a clinician reads: every red flag and pattern with
    the answers, weights and facts behind it and what to do next, what was not reached or could not be judged,
    and where each fact stands. Then, word for word, what the patient reads. Stores nothing.
    """
    settings = configured()
    with plainly():
        wiring = wire(settings)
        resources = [load(path.read_bytes()) for path in responses]
        when = datetime.now(UTC) if clock is None else read_clock(clock)
        birth_date = None if patient is None else read_birth_date(patient, resources)
        text = explain(resources, wiring.desk, when, birth_date)
    click.echo(text)


def read_clock(text: str) -> datetime:
    """The moment given on the command line."""
    if not MATCHES["Instant"](text):
        raise NotTold("--now: write a FHIR instant with its zone, as 2026-11-21T09:00:00Z.")
    return moment(text).order


def read_birth_date(path: Path, responses: Sequence[Resource]) -> str | None:
    """The birth date of the Patient, who must be the subject of every response."""
    resource = load(path.read_bytes())
    check_structure(resource, "Patient")
    subjects = {str(response.get("subject", {}).get("reference", "")) for response in responses}
    if "id" in resource and any(not subject.endswith(f"Patient/{resource['id']}") for subject in subjects):
        raise NotTold("--patient: this is not the Patient that the responses are about.")
    birth_date = resource.get("birthDate")
    return str(birth_date) if birth_date else None


@main.command("validate")
@click.argument("resource", type=FILE)
@click.option(
    "--questionnaire",
    "questionnaires",
    multiple=True,
    type=FILE,
    help="A Questionnaire to check against; counts before the published ones. May be repeated.",
)
@click.option(
    "--value-set",
    "value_sets",
    multiple=True,
    type=FILE,
    help="A ValueSet or CodeSystem that a questionnaire refers to. May be repeated.",
)
def validate_command(resource: Path, questionnaires: Sequence[Path], value_sets: Sequence[Path]) -> None:
    """Say whether a QuestionnaireResponse or a Questionnaire is valid.

    Prints an OperationOutcome. Exit code 0: valid; 1: not valid; 2: it could not be told, for example because
    the questionnaire or a value set is not known. What is only a rule for submitting here is a warning.
    """
    settings = configured()
    with plainly():
        catalogue = load_catalogue(settings.questionnaires, settings.mappings)
    try:
        given = supply([load(path.read_bytes()) for path in (*questionnaires, *value_sets)], catalogue, trusted=True)
    except Malformed as problem:
        raise NotTold(pretty(outcome(problem.faults))) from None
    bases = [base for base in (settings.fhir_server, settings.base) if base]
    try:
        read = load(resource.read_bytes())
        if read.get("resourceType") == "Questionnaire":
            verdict = validate_questionnaire(read, given)
        else:
            verdict = validate(read, catalogue, given, datetime.now(UTC), bases)
    except Malformed as problem:
        verdict = Verdict(problem.faults)
    click.echo(pretty(outcome(verdict.faults)))
    sys.exit(1 if not verdict.valid else 0 if verdict.complete else 2)
