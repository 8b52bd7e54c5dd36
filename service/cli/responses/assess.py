"""`sural assess`: the Bundle that responses would result in."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from service.cli.arguments import plain_settings
from service.cli.failures import as_plain_errors
from service.cli.responses.input_files import is_many
from service.cli.responses.patient_files import PatientFiles, for_each_patient, patient_arguments, read_patient_files
from service.fhir.r4.strict_json import encode, pretty
from service.fhir.r4.types import Resource
from service.fhir.results.bundle import with_full_urls
from service.usecases.operations.preview import dry_run
from service.wiring import wire


@click.command("assess")
@patient_arguments
@click.option("--counterfactuals", is_flag=True, help="Add to findings which answers they hang on.")
def assess_command(
    responses: Sequence[Path], patient: Path | None, now_text: str | None, counterfactuals: bool
) -> None:
    """Print the Bundle that responses of one patient would result in.

    RESPONSES are files with one QuestionnaireResponse each, in JSON; together they are one submission. Nothing is
    stored, and the ids in the files are kept. RESPONSES may also be .ndjson or .jsonl files or folders: then the
    responses of each patient are one submission, Patients in them give the age, and standard output has one Bundle
    per line. Standard output contains only Bundles. If a response is not accepted, standard error says why and the
    exit code is 1. With --counterfactuals, the evidence of each red flag of same-day or higher names the smallest
    sets of answers whose change would lower or remove it.
    """
    settings = plain_settings()
    with as_plain_errors():
        context = wire(settings).context

        def bundle_of(files: PatientFiles) -> Resource:
            bundle = dry_run(
                files.responses, context, files.now, files.birth_date, files.gender, counterfactuals, files.phone
            )
            return with_full_urls(bundle, settings.fhir_server or settings.base)

        if is_many(responses):
            is_well = for_each_patient(responses, patient, now_text, lambda files: encode(bundle_of(files)).decode())
            sys.exit(0 if is_well else 1)
        click.echo(pretty(bundle_of(read_patient_files(responses, patient, now_text))))
