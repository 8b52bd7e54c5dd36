"""`sural package`: our published resources as a FHIR package."""

from pathlib import Path

import click

from service.cli.arguments import FOLDER, plain_settings
from service.cli.failures import CommandFailed, as_plain_errors
from service.fhir.definitions.implementation_guide import PACKAGE_ID, implementation_guide
from service.fhir.definitions.npm_package import package_archive, package_files, package_manifest
from service.fhir.definitions.published import published_resources
from service.fhir.r4.datetimes import parse_datetime
from service.fhir.r4.strict_json import load
from service.fhir.r4.types import Resource
from service.settings import Settings
from service.usecases.operations.preview import dry_run
from service.wiring import Wiring, wire


@click.command("package")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--examples", type=FOLDER, help="Folder with the responses and the Patient of the examples.")
def package_command(output: Path | None, examples: Path | None) -> None:
    """Write our published resources as a FHIR package.

    The package contains the Questionnaires, CodeSystems, ValueSets, StructureDefinitions with snapshots, the
    PlanDefinition and an ImplementationGuide, and as examples the responses of one patient and their results. The
    same content gives the same bytes. The default file is NAME-VERSION.tgz in the current folder; its path is printed.
    """
    settings = plain_settings()
    with as_plain_errors():
        # Choices of a site are not part of a package: only its questionnaires and mappings are.
        wiring = wire(Settings(questionnaires=settings.questionnaires, mappings=settings.mappings))
        archive = make_package(wiring, example_results(examples or example_folder(), wiring))
    file = output or Path(f"{PACKAGE_ID}-{wiring.catalogue.rules.version}.tgz")
    file.write_bytes(archive)
    click.echo(str(file))


def make_package(wiring: Wiring, examples: list[Resource]) -> bytes:
    """The archive with the published resources and these examples."""
    version, date = wiring.catalogue.rules.version, wiring.catalogue.date
    published = published_resources(wiring.catalogue)
    guide = implementation_guide(published, examples, version, date)
    return package_archive(package_files([guide, *published], examples, package_manifest(version, date)))


def example_folder() -> Path:
    """The responses of the examples: in the installed package, or in the checkout."""
    package = Path(__file__).resolve().parents[2]
    installed = package / "data" / "examples"
    return installed if installed.is_dir() else package.parent / "tests" / "cases" / "patients" / "low-mood"


def example_results(folder: Path, wiring: Wiring) -> list[Resource]:
    """The Patient and the responses in the folder, and what these result in when the last one is authored.

    Raises CommandFailed if there is no dated response, Malformed or Unprocessable if one cannot be accepted.
    """
    resources = [load(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    patients = [resource for resource in resources if resource["resourceType"] == "Patient"]
    responses = [resource for resource in resources if resource["resourceType"] == "QuestionnaireResponse"]
    if not responses or not all("authored" in response for response in responses):
        raise CommandFailed(f"{folder}: must contain QuestionnaireResponses, each with authored.")
    now = max(parse_datetime(response["authored"]).sort_key for response in responses)
    birth_date = next((patient.get("birthDate") for patient in patients), None)
    bundle = dry_run(responses, wiring.context, now, birth_date)
    return [*patients, *(entry["resource"] for entry in bundle["entry"])]
