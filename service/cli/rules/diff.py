"""`sural diff`: what a change of the rules does to the findings of earlier responses."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from service.cli.arguments import FILE, FOLDER, plain_settings
from service.cli.failures import CommandFailed, NoResult, as_plain_errors
from service.cli.population.running import INTO, run_options
from service.cli.responses.input_files import FILE_OR_FOLDER, fault_line, is_many, read_inputs
from service.cli.rules.diff_population import compare_population
from service.cli.rules.folders import find_rules, load_rules
from service.clock import now
from service.fhir.r4.types import Resource
from service.issues import Issue
from service.usecases.compare_rules import ComparedResponse, FindingChange, compare_rule_sets
from service.usecases.responses.prepare import AssessmentContext


@dataclass(frozen=True)
class Comparison:
    """The result for each response, and a line for each input that is not a JSON object."""

    responses: list[ComparedResponse]
    unreadable: list[str]

    @property
    def exit_code(self) -> int:
        if self.unreadable or any(each.refused for each in self.responses):
            return 2
        return 1 if any(each.changes for each in self.responses) else 0


@click.command("diff")
@click.option("--rules", nargs=2, required=True, type=FOLDER, metavar="OLD NEW", help="Two folders of mappings.")
@click.option("--population", type=FILE, metavar="FILE", help="Compare on all responses of `sural population export`.")
@click.option("--into", type=INTO, help="With --population: the folder for the results; a run in it is continued.")
@run_options
@click.argument("responses", nargs=-1, type=FILE_OR_FOLDER)
def diff_command(
    rules: tuple[Path, Path],
    population: Path | None,
    into: Path | None,
    processes: int,
    scheduler: str | None,
    responses: Sequence[Path],
) -> None:
    """Show which findings change between two versions of the rules.

    OLD and NEW are folders like mappings/, or folders that contain mappings/ and questionnaires/. RESPONSES are
    QuestionnaireResponses in JSON, .ndjson or .jsonl files with many, or folders of such files, of any number of
    patients; Patients in these files give the age. Each response is assessed as of its own date, together with the
    patient's earlier ones. Exit code 0: nothing changes. 1: something changes. 2: some input was not accepted.

    With --population FILE --into FOLDER instead of RESPONSES, each submission is assessed with the responses that it
    brought. The folder gets lists of all changes, as Parquet and CSV, counts, and a picture of the moves between levels
    of urgency.
    """
    if (population is None) is not bool(responses) or (population is None) is not (into is None):
        raise click.UsageError("Name RESPONSES, or --population FILE with --into FOLDER.")
    settings = plain_settings()
    if population is not None and into is not None:
        sys.exit(compare_population(rules, settings, population, into, processes, scheduler))
    try:
        with as_plain_errors():
            old, new = (load_rules(find_rules(folder, settings), settings) for folder in rules)
            comparison = compare_files(responses, old, new)
    except CommandFailed as problem:
        raise NoResult(problem.message) from None
    for line in report_lines(comparison):
        click.echo(line)
    sys.exit(comparison.exit_code)


def compare_files(paths: Sequence[Path], old: AssessmentContext, new: AssessmentContext) -> Comparison:
    """Assesses the responses in the files and folders under both rule sets."""
    unreadable, resources = list[str](), list[Resource]()
    for each in read_inputs(paths):
        if each.resource is None:
            unreadable += [fault_line(each.place, issue) for issue in each.issues[:1]]
        else:
            resources.append(each.resource)
    births = {f"Patient/{r['id']}": str(r["birthDate"]) for r in resources if has_birth_date(r)}
    responses = [r for r in resources if r.get("resourceType") != "Patient"]
    bar = click.progressbar(length=2 * len(responses), label="Assess", file=sys.stderr, hidden=not is_many(paths))
    with bar:
        compared = compare_rule_sets(responses, old, new, now(), births, lambda: bar.update(1))
        return Comparison(list(compared), unreadable)


def has_birth_date(resource: Resource) -> bool:
    """True for a Patient with ``id`` and ``birthDate``."""
    return resource.get("resourceType") == "Patient" and "id" in resource and "birthDate" in resource


def report_lines(comparison: Comparison) -> Iterator[str]:
    """The report: unreadable input, each response that changes or was not accepted, and the totals."""
    yield from comparison.unreadable
    for response in comparison.responses:
        if response.changes or response.refused:
            yield describe_response(response.resource)
        yield from (f"  {describe_change(change)}" for change in response.changes)
        yield from (f"  {describe_refusal(issue)}" for issue in response.refused)
    yield from total_lines(comparison.responses, len(comparison.unreadable))


def describe_response(resource: Resource) -> str:
    """Patient, questionnaire, date and id of a response."""
    subject = resource.get("subject")
    patient = subject.get("reference") if isinstance(subject, dict) else "no patient"
    form = str(resource.get("questionnaire", "no questionnaire")).rsplit("/", 1)[-1]
    return f"{patient}  {form}  {str(resource.get('authored', 'undated'))[:10]}  QuestionnaireResponse/{resource['id']}"


def describe_refusal(issue: Issue) -> str:
    """Why an input was not accepted."""
    return f"not accepted: {issue.path}: {issue.text}"


def describe_change(change: FindingChange) -> str:
    """One change, for example ``pattern sciatica: possible, soon -> fits, soon``."""
    subject = " ".join(change.subject).strip()
    if change.old is None:
        return f"{subject}: gained ({change.new})"
    return f"{subject}: lost ({change.old})" if change.new is None else f"{subject}: {change.old} -> {change.new}"


def total_lines(responses: Sequence[ComparedResponse], unreadable: int) -> Iterator[str]:
    """How many responses change, then each type of change with its frequency, the most frequent first."""
    counts = Counter(change_type(change) for response in responses for change in response.changes)
    changed = count_true(response.changes for response in responses)
    refused = count_true(response.refused for response in responses) + unreadable
    yield f"{len(responses) + unreadable} responses: {changed} change, {refused} were not accepted."
    yield from (f"  {number}  {text}" for text, number in sorted(counts.items(), key=lambda e: (-e[1], e[0])))


def count_true(values: Iterable[object]) -> int:
    """How many of the values are true."""
    return sum(bool(value) for value in values)


def change_type(change: FindingChange) -> str:
    """A change without its patient; a changed score without its total, for example ``band phq-9: mild -> moderate``."""
    subject, name = change.subject
    if subject != "band":
        return describe_change(change)
    old, new = ((text or "nothing").rsplit(" ", 1)[-1] for text in (change.old, change.new))
    return f"{subject} {name}: {old} -> {new}"
