"""The command that shows what a change of rules does to responses given before."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from service.app import wire
from service.cli.command import FILE, NotTold, Stop, configured, main, plainly
from service.compare import Change, Compared, compare
from service.fhir.intake import Desk
from service.fhir.reading import Resource, load
from service.screening.faults import Malformed
from service.settings import Settings

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
LINES = {".ndjson", ".jsonl"}


@main.command()
@click.option("--rules", nargs=2, required=True, type=FOLDER, metavar="OLD NEW", help="Two folders of mappings.")
@click.argument("responses", nargs=-1, required=True, type=FILE)
def diff(rules: tuple[Path, Path], responses: Sequence[Path]) -> None:
    """Show whose findings change when one set of rules takes the place of another.

    OLD and NEW are folders like mappings/, or folders that hold mappings/ and questionnaires/. RESPONSES are
    QuestionnaireResponses in JSON, or many in .ndjson or .jsonl, of any number of patients; Patients among them
    give the age. Each response is judged as it would have been on its day, beside the patient's earlier ones.
    Exit code 0: nothing changes; 1: something does; 2: it could not be told.
    """
    settings, unreadable = configured(), list[str]()
    try:
        with plainly():
            old, new = (desk_of(folder, settings) for folder in rules)
            resources = [resource for path in responses for resource in read(path, unreadable)]
            births = {f"Patient/{r['id']}": str(r["birthDate"]) for r in resources if born(r)}
            answered = [r for r in resources if r.get("resourceType") != "Patient"]
            found = list(compare(answered, old, new, datetime.now(UTC), births))
    except Stop as problem:
        raise NotTold(problem.message) from None
    for line in [*unreadable, *lines(found), *totals(found, len(unreadable))]:
        click.echo(line)
    told = not unreadable and not any(one.refused for one in found)
    sys.exit(2 if not told else 1 if any(one.changes for one in found) else 0)


def desk_of(folder: Path, settings: Settings) -> Desk:
    """The rules of a folder, with the questionnaires beside them when it holds both."""
    if not (folder / "mappings").is_dir():
        return wire(replace(settings, mappings=folder)).desk
    questionnaires = folder / "questionnaires"
    both = questionnaires if questionnaires.is_dir() else settings.questionnaires
    return wire(replace(settings, mappings=folder / "mappings", questionnaires=both)).desk


def read(path: Path, unreadable: list[str]) -> Iterator[Resource]:
    """The resource in a file, or those in its lines; notes what is no JSON object."""
    content = path.read_bytes()
    for number, text in enumerate(content.splitlines() if path.suffix in LINES else [content], 1):
        if text.strip():
            try:
                yield load(text)
            except Malformed as problem:
                place = f"{path.name}:{number}" if path.suffix in LINES else path.name
                unreadable += [f"{place}  not taken: {fault.path}: {fault.text}" for fault in problem.faults[:1]]


def born(resource: Resource) -> bool:
    return resource.get("resourceType") == "Patient" and "id" in resource and "birthDate" in resource


def lines(found: Iterable[Compared]) -> Iterator[str]:
    """Each response that changes or could not be taken, with what is the matter."""
    for one in found:
        if one.changes or one.refused:
            yield label(one.resource)
        yield from (f"  {what(change)}" for change in one.changes)
        yield from (f"  not taken: {fault.path}: {fault.text}" for fault in one.refused)


def label(resource: Resource) -> str:
    """Whose response it is, to what, and from when."""
    subject = resource.get("subject")
    patient = subject.get("reference") if isinstance(subject, dict) else "no patient"
    form = str(resource.get("questionnaire", "no questionnaire")).rsplit("/", 1)[-1]
    return f"{patient}  {form}  {str(resource.get('authored', 'undated'))[:10]}  QuestionnaireResponse/{resource['id']}"


def what(change: Change) -> str:
    """One change in words."""
    subject = " ".join(change.subject).strip()
    if change.old is None:
        return f"{subject}: gained ({change.new})"
    return f"{subject}: lost ({change.old})" if change.new is None else f"{subject}: {change.old} -> {change.new}"


def totals(found: Sequence[Compared], unreadable: int) -> Iterator[str]:
    """How many change, and each kind of change with its number, the most frequent first."""
    counts = Counter(kind(change) for one in found for change in one.changes)
    changed, refused = sum(bool(one.changes) for one in found), sum(bool(one.refused) for one in found) + unreadable
    yield f"{len(found) + unreadable} responses: {changed} change, {refused} could not be taken."
    yield from (f"  {number}  {text}" for text, number in sorted(counts.items(), key=lambda e: (-e[1], e[0])))


def kind(change: Change) -> str:
    """What kind of change it is, whoever it happens to; of scores only the band counts."""
    subject, name = change.subject
    if subject != "band":
        return what(change)
    old, new = ((text or "nothing").rsplit(" ", 1)[-1] for text in (change.old, change.new))
    return f"{subject} {name}: {old} -> {new}"
