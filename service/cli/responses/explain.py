"""`sural explain`: the reasons for the findings, as a page of text."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from service.cli.arguments import FILE, plain_settings
from service.cli.failures import NoResult, as_plain_errors
from service.cli.responses.input_files import is_many
from service.cli.responses.patient_files import PatientFiles, for_each_patient, patient_arguments, read_patient_files
from service.usecases.operations.preview import explain
from service.usecases.responses.prepare import AssessmentContext
from service.wiring import wire


@click.command("explain")
@patient_arguments
@click.option(
    "--before", multiple=True, type=FILE, help="A response of the visit before, whose Task counts as open. Repeatable."
)
def explain_command(
    responses: Sequence[Path], patient: Path | None, now_text: str | None, before: Sequence[Path]
) -> None:
    """Print the reasons for the findings of one patient.

    RESPONSES are files with one QuestionnaireResponse each, in JSON. The page shows the summary, then the exact text
    for the patient, then what changed since the visit --before, then every red flag and pattern with its answers,
    weights, facts and next steps; what was not reached or could not be evaluated; and the source of each fact.
    Nothing is stored. RESPONSES may also be .ndjson or .jsonl files or folders: then there is a page for each patient.
    """
    settings = plain_settings()
    with as_plain_errors():
        context = wire(settings).context
        if is_many(responses):
            sys.exit(explain_many(responses, patient, now_text, before, context))
        files = read_patient_files(responses, patient, now_text)
        earlier = read_patient_files(before, patient, now_text).responses
        text = explain(files.responses, context, files.now, files.birth_date, files.gender, earlier)
    click.echo(text)


def explain_many(
    responses: Sequence[Path],
    patient: Path | None,
    now_text: str | None,
    before: Sequence[Path],
    context: AssessmentContext,
) -> int:
    """Prints a page for each patient. Returns the exit code. Raises NoResult with --before, which is of one patient."""
    if before:
        raise NoResult("--before is for the responses of one patient.")

    def page(files: PatientFiles) -> str:
        return explain(files.responses, context, files.now, files.birth_date, files.gender) + "\n"

    return 0 if for_each_patient(responses, patient, now_text, page) else 1
