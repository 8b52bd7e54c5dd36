"""`sural edition`: drafts how another publisher's form is translated into ours."""

from pathlib import Path

import click

from service.adapters.mappings.catalogue import LoadedCatalogue, load_catalogue
from service.cli.arguments import FILE, plain_settings, say
from service.cli.failures import CommandFailed, NoResult, as_plain_errors, outcome_text
from service.fhir.questionnaires.foreign_form import read_foreign_questions
from service.fhir.r4.strict_json import load
from service.fhir.r4.types import Resource
from service.issues import Malformed
from service.usecases.draft_edition import best_instrument, draft_edition, edition_lines


@click.command("edition")
@click.argument("form", type=FILE)
@click.option("--instrument", "name", help="The instrument that the form is an edition of, such as phq-9.")
def edition_command(form: Path, name: str | None) -> None:
    """Draft the edition of another publisher's Questionnaire.

    Matches its questions and answers with ours by code, weight and wording, and prints the entry for `editions:` in
    the file of the instrument in mappings/. Comments before it name what was not matched: a person must decide
    about each. Then run `sural check`. Exit code 2 if the form is not read, or no question matches.
    """
    settings = plain_settings()
    with as_plain_errors():
        catalogue = load_catalogue(settings.questionnaires, settings.mappings)
    resource = read_form(form)
    questions = read_foreign_questions(resource)
    scored = {each: own.scores[0].summands for each, own in catalogue.rules.instruments.items() if own.scores}
    chosen = name or best_instrument(questions, [(catalogue.instrument(each), scored[each]) for each in scored])
    require_known_choice(chosen, catalogue)
    draft = draft_edition(questions, catalogue.instrument(chosen), scored.get(chosen, ()))
    say(f"Put this below `editions:` in mappings/{chosen}.yaml, decide about the comments, and run `sural check`.")
    for line in edition_lines(draft, canonical_of(resource)):
        click.echo(line)


def read_form(path: Path) -> Resource:
    """The Questionnaire in a file. Raises NoResult if it is none."""
    try:
        resource = load(path.read_bytes())
    except Malformed as problem:
        raise NoResult(outcome_text(problem.issues)) from None
    if resource.get("resourceType") != "Questionnaire":
        raise NoResult(f"{path.name} is not a Questionnaire.")
    return resource


def canonical_of(form: Resource) -> str:
    """What a response names: the url of the form, or if it has none its id."""
    url = form.get("url")
    return url if isinstance(url, str) else f"Questionnaire/{form.get('id', 'ID')}"


def require_known_choice(name: str, catalogue: LoadedCatalogue) -> None:
    """Raises NoResult if no instrument matched, CommandFailed if there is no instrument of this name."""
    known = ", ".join(sorted(catalogue.mapped))
    if not name:
        raise NoResult(f"No question matches one of ours. Name the instrument with --instrument: {known}.")
    if name not in catalogue.mapped:
        raise CommandFailed(f"--instrument: there is no instrument of this name. Use one of {known}.")
