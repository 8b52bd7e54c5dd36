"""`sural validate`: is a QuestionnaireResponse or a Questionnaire valid?"""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from service.adapters.mappings.form_catalogue import FormCatalogue, load_form_catalogue
from service.cli.arguments import FILE, plain_settings
from service.cli.failures import NoResult, as_plain_errors, outcome_text
from service.cli.responses.input_files import FILE_OR_FOLDER, InputResource, is_many, read_inputs
from service.clock import now
from service.fhir.questionnaires.supplied_forms import SuppliedForms, supply
from service.fhir.r4.strict_json import load
from service.issues import Malformed
from service.settings import Settings
from service.usecases.operations.validate import ValidationResult, validate, validate_questionnaire

VERDICTS = {0: "valid", 1: "not valid", 2: "inconclusive"}
SUPPLIED_FAULTS = "A file of --questionnaire or --value-set is not valid, so nothing was checked against it."


@click.command("validate")
@click.argument("resources", nargs=-1, required=True, type=FILE_OR_FOLDER)
@click.option(
    "--questionnaire",
    "questionnaires",
    multiple=True,
    type=FILE,
    help="A Questionnaire to validate against; preferred to a published one with the same url. May be repeated.",
)
@click.option(
    "--value-set",
    "value_sets",
    multiple=True,
    type=FILE,
    help="A ValueSet or CodeSystem that a questionnaire refers to. May be repeated.",
)
def validate_command(resources: Sequence[Path], questionnaires: Sequence[Path], value_sets: Sequence[Path]) -> None:
    """Validate QuestionnaireResponses or Questionnaires.

    RESOURCES are files with one resource each, in JSON, .ndjson or .jsonl files with many, or folders of such files.
    For one file with one resource, prints an OperationOutcome; otherwise a line for each resource, and one for each of
    its issues. Exit code 0: valid. 1: not valid. 2: inconclusive, for example because the
    questionnaire or a value set is not known. Rules that apply only to a submission to this service give warnings.
    """
    settings = plain_settings()
    with as_plain_errors():
        forms = load_form_catalogue(settings.questionnaires, settings.mappings)
        supplied = read_supplied([*questionnaires, *value_sets], forms)
    if supplied.faults:
        click.echo("A Questionnaire of --questionnaire has faults; it is used as far as it can be.", err=True)
    results = ((each.place, with_supplied(each, forms, supplied, settings)) for each in read_inputs(resources))
    if len(resources) > 1 or is_many(resources):
        sys.exit(print_results(results))
    for _, result in results:
        click.echo(outcome_text(result.issues))
        sys.exit(exit_code(result))


def exit_code(result: ValidationResult) -> int:
    """0: valid, 1: not valid, 2: inconclusive."""
    return 1 if not result.valid else 0 if result.complete else 2


def print_results(results: Iterable[tuple[str, ValidationResult]]) -> int:
    """Prints a line for each resource and issue, and how many were valid. Returns the exit code of all."""
    counts = Counter[int]()
    for place, result in results:
        code = exit_code(result)
        counts[code] += 1
        click.echo(f"{place}  {VERDICTS[code]}")
        for issue in result.issues:
            if issue.severity != "information":
                click.echo(f"  {issue.severity}: {issue.path}: {issue.text}")
    numbers = ", ".join(f"{counts[code]} {verdict}" for code, verdict in VERDICTS.items())
    click.echo(f"{counts.total()} resources: {numbers}.")
    return 1 if counts[1] else 2 if counts[2] else 0


def with_supplied(
    each: InputResource, forms: FormCatalogue, supplied: SuppliedForms, settings: Settings
) -> ValidationResult:
    """The result for one resource; inconclusive if a form of the options has faults."""
    result = validate_input(each, forms, supplied, settings)
    return ValidationResult([*result.issues, *supplied.faults], complete=False) if supplied.faults else result


def read_supplied(paths: Sequence[Path], forms: FormCatalogue) -> SuppliedForms:
    """The resources of the options. Prints every issue and raises NoResult if their structure is not valid."""
    try:
        return supply([load(path.read_bytes()) for path in paths], forms, trusted=True)
    except Malformed as problem:
        click.echo(outcome_text(problem.issues))
        raise NoResult(SUPPLIED_FAULTS) from None


def validate_input(
    each: InputResource, forms: FormCatalogue, supplied: SuppliedForms, settings: Settings
) -> ValidationResult:
    """Validates a resource; its ``resourceType`` decides as what."""
    resource = each.resource
    if resource is None:
        return ValidationResult(list(each.issues))
    bases = [base for base in (settings.fhir_server, settings.base) if base]
    try:
        if resource.get("resourceType") == "Questionnaire":
            return validate_questionnaire(resource, supplied)
        return validate(resource, forms, supplied, now(), bases)
    except Malformed as problem:
        return ValidationResult(problem.issues)
