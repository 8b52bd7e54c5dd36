"""`sural publish`: our definitional resources on the FHIR server."""

import click

from service.adapters.fhir_server.client import HttpFhirServer
from service.adapters.mappings.catalogue import load_catalogue
from service.cli.arguments import plain_settings
from service.cli.failures import CommandFailed, as_plain_errors
from service.cli.operations.package import example_folder
from service.fhir.definitions.code_systems import without_newer_codes
from service.fhir.definitions.published import published_resources
from service.fhir.r4.strict_json import load
from service.fhir.r4.types import Resource
from service.wiring import connect_fhir_server


@click.command("publish")
@click.option("--example-patient", is_flag=True, help="Write the Patient of the README's example too.")
def publish_command(example_patient: bool) -> None:
    """Write our published resources to the FHIR server.

    These are Questionnaires, CodeSystems, ValueSets, StructureDefinitions and the PlanDefinition. Each is a PUT
    with its own id to SURAL_FHIR_SERVER, so publishing a second time changes nothing.
    """
    settings = plain_settings()
    if settings.fhir_server is None:
        raise CommandFailed("SURAL_FHIR_SERVER is not set. Set it to the base address of the FHIR server.")
    with as_plain_errors():
        resources = published_resources(load_catalogue(settings.questionnaires, settings.mappings))
        if example_patient:
            resources = [*resources, read_example_patient()]
        server = connect_fhir_server(settings.fhir_server, settings)
    written = [put_and_report(without_newer_codes(resource), server) for resource in resources]
    if not all(written):
        raise CommandFailed(f"The server did not accept {written.count(False)} of {len(written)} resources.")


def read_example_patient() -> Resource:
    """The Patient whose visit the README sends."""
    return load((example_folder() / "patient.json").read_bytes())


def put_and_report(resource: Resource, server: HttpFhirServer) -> bool:
    """Sends one resource and prints its line, for example ``ValueSet/gad-7: 201``; True if it was accepted."""
    answer = server.put(resource)
    accepted = answer.status in (200, 201)
    result = answer.status if answer.status is not None else answer.problem
    click.echo(f"{resource['resourceType']}/{resource['id']}: {result}" + ("" if accepted else f" {answer.problem}"))
    return accepted
