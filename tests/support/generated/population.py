"""Findings of the evaluator and of the columns in one form, and random answer sheets, which a seed determines."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import NamedTuple

from service.population.columns.assess_rows import RowFindings, assess_rows
from service.population.files.rows_file import coded_rows, layout_of, row_schema, table_of
from service.ports.coded_responses import CodedResponse
from service.screening.instruments.answer_sheet import AnswerSheet, read_sheet
from service.screening.instruments.coded_answers import code_answers, options_of_questions
from service.screening.instruments.editions import SenderForm
from service.screening.instruments.instrument import Instrument, Item
from service.screening.instruments.response import Answer
from service.screening.instruments.typed_value import Coding
from service.screening.rules.age import age_at
from service.screening.rules.assessment import Assessment, RuleSet, assess
from service.screening.rules.response_selection import AnswerState, Dated, Selection, select
from service.screening.rules.scores import compute_score
from tests.support.building import catalogue

START = datetime(2026, 11, 1, tzinfo=UTC)
BIRTHS = (None, "2012", "2008-11", "2008-11-05", "1986-02-28", "1966", "1948-07", "2030")
# What is answered together.
VISITS: tuple[tuple[str, ...], ...] = (
    ("leg-pain",),
    ("leg-pain", "gad-7", "phq-9"),
    ("phq-9",),
    ("gad-7", "phq-9"),
    ("gad-7",),
    ("gad-2", "phq-2", "phq-4", "phq-8"),
    ("phq-8", "gad-7", "leg-pain", "phq-9", "phq-2", "gad-2", "phq-4"),
)


@dataclass(frozen=True)
class Found:
    """All that was found in a submission: flags and scores by response, in order."""

    urgency: int
    flags: Sequence[Mapping[str, int]]
    scores: Sequence[Mapping[str, tuple[Decimal | None, str | None]]]
    patterns: Mapping[str, tuple[int, int]]


def found_by_evaluator(assessment: Assessment, ids: Sequence[str]) -> Found:
    """What the evaluator found. ``ids``: of the responses in the order of the rows."""
    own = [assessment.responses[id] for id in ids]
    return Found(
        int(assessment.urgency),
        [{flag.rule.code: int(flag.level) for flag in each.flags.raised} for each in own],
        [{s.rule.id: (None if s.total is None else Decimal(s.total), s.band) for s in each.scores} for each in own],
        {p.pattern.id: (int(p.confidence), int(p.urgency)) for p in assessment.patterns.reported},
    )


def found_by_columns(rules: RuleSet, responses: Sequence[CodedResponse]) -> list[Found]:
    """What the column operations find, by submission."""
    layout = layout_of((each.instrument, each.questions) for each in responses)
    rows = coded_rows(table_of(list(responses), layout, row_schema(layout)))
    return by_submission(assess_rows(rules, rows))


def by_submission(findings: RowFindings) -> list[Found]:
    """The findings of a batch, one by one."""
    flags: dict[int, dict[str, int]] = defaultdict(dict)
    scores: dict[int, dict[str, tuple[Decimal | None, str | None]]] = defaultdict(dict)
    patterns: dict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    for own in findings.instruments.values():
        places = own.places.tolist()
        for code, levels in own.flags.items():
            for at in levels.nonzero()[0].tolist():
                flags[places[at]][code] = int(levels[at])
        for id, score in own.scores.items():
            columns = (score.exists, score.is_total, score.low, score.band)
            for at, (exists, is_total, total, band) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
                if exists:
                    value = Decimal(total).scaleb(-score.decimals) if is_total else None
                    scores[places[at]][id] = (value, score.bands[band] if band >= 0 else None)
    for id, pattern in findings.patterns.items():
        for at in pattern.confidence.nonzero()[0].tolist():
            patterns[at][id] = (int(pattern.confidence[at]), int(pattern.urgency[at]))
    rows: dict[int, list[int]] = defaultdict(list)
    for row, submission in enumerate(findings.submission_of.tolist()):
        rows[submission].append(row)
    return [
        Found(urgency, [flags[r] for r in rows[n]], [scores[r] for r in rows[n]], patterns[n])
        for n, urgency in enumerate(findings.urgency.tolist())
    ]


@dataclass(frozen=True)
class Written:
    """A random response: its sheet, as the rules read it, and its time."""

    id: str
    sheet: AnswerSheet
    status: str
    authored: datetime

    @property
    def dated(self) -> Dated:
        return Dated(self.id, self.sheet.instrument.name, self.authored, self.status)


@cache
def forms() -> dict[str, list[Instrument]]:
    """Every published edition of our forms, by instrument."""
    found: dict[str, list[Instrument]] = defaultdict(list)
    for instrument in catalogue().instruments.values():
        if instrument.name in catalogue().rules.instruments:
            found[instrument.name].append(instrument)
    return found


def random_codes(random: Random, item: Item) -> list[Coding]:
    """Answers to a question: often none, seldom many."""
    if random.random() < 0.15:
        return []
    count = random.choice((1, 1, 2, 3, len(item.options))) if item.repeats else 1
    return random.sample(item.codings_in_order, min(count, len(item.options)))


@cache
def answers_of_item(item: Item) -> dict[Coding, Answer]:
    return {coding: Answer("Coding", coding, "") for coding in item.codings_in_order}


def random_written(random: Random, id: str, name: str, start: datetime) -> Written:
    """A random response to an instrument, to a form that may lack questions."""
    instrument = random.choice(forms()[name])
    rules = catalogue().rules.instruments[name]
    status = random.choice(("completed",) * 8 + ("amended", "stopped", "in-progress"))
    items = [item for item in instrument.by_link_id.values() if item.options]
    if status == "in-progress":
        items = [item for item in items if item.link_id in rules.safety_items]
    lacks = frozenset(item.link_id for item in items if random.random() < 0.02)
    answers = {item.link_id: [answers_of_item(item)[c] for c in random_codes(random, item)] for item in items}
    answers = {link_id: given for link_id, given in answers.items() if given and link_id not in lacks}
    sheet = read_sheet(instrument, answers, SenderForm(lacks=lacks))
    authored = start + timedelta(days=random.choice((0, 0, 0, 1, 13, 14, 15, 29)), seconds=random.choice((0, 0, 5)))
    return Written(id, sheet, status, authored)


class Visit(NamedTuple):
    """The responses of a submission in the order in which it brings them, and what is known of the patient."""

    written: Sequence[Written]
    birth_date: str | None
    sex: str | None

    def known_to(self, rules: RuleSet) -> "Visit":
        """The visit without the responses to instruments that the rules do not have."""
        return self._replace(written=[w for w in self.written if w.sheet.instrument.name in rules.instruments])


def random_visit(random: Random, number: int) -> Visit:
    """A random submission."""
    names = random.choice(
        (("leg-pain",), ("leg-pain", "gad-7", "phq-9"), ("phq-9",), ("gad-7", "phq-9"), tuple(forms()))
    )
    if random.random() < 0.2:
        names = (*names, random.choice(names))
    start = START + timedelta(hours=number % 500)
    made = [random_written(random, f"r{number}-{place}", name, start) for place, name in enumerate(names)]
    ordered = sorted(made, key=lambda each: (each.authored, each.sheet.instrument.name))
    return Visit(ordered, random.choice(BIRTHS), random.choice((None, "male", "female")))


def evaluate_visit(rules: RuleSet, visit: Visit) -> Found:
    """What the evaluator finds in a submission without a history."""
    selection = select_alone(rules, visit.written)
    sheets = {each.id: each.sheet for each in visit.written}
    unfinished = {each.id for each in visit.written if not each.dated.usable}
    age = age_at(visit.birth_date, selection.as_of.date())
    used = {id: sheets[id] for id in selection.used}
    assessment = assess(rules, used, selection.newest, age, unfinished, selection.retired, visit.sex)
    return found_by_evaluator(assessment, [each.id for each in visit.written])


def select_alone(rules: RuleSet, visit: Sequence[Written]) -> Selection:
    """As `select_responses` without a history."""
    dated = [each.dated for each in visit]
    if not any(each.usable for each in dated):
        return Selection(max(each.authored for each in dated), tuple(each.id for each in dated), {}, {})
    sheets = {each.id: each.sheet for each in visit}

    def state_of(id: str) -> AnswerState:
        own = rules.instruments[sheets[id].instrument.name]
        has_scores = not any(compute_score(rule, sheets[id]).total is None for rule in own.scores)
        return AnswerState(has_scores, frozenset())

    selected = select(dated, [], rules.instruments, state_of)
    rest = tuple(each.id for each in dated if each.id not in selected.used)
    return Selection(selected.as_of, (*selected.used, *rest), selected.newest, selected.retired)


def code_visit(visit: Visit, number: int) -> list[CodedResponse]:
    """The rows of a submission."""
    return [
        CodedResponse(
            each.id,
            number,
            f"Patient/p{number}",
            each.sheet.instrument.name,
            each.sheet.instrument.canonical,
            each.sheet.instrument.url,
            each.authored,
            each.status,
            visit.birth_date,
            options_of_questions(each.sheet.instrument),
            code_answers(each.sheet),
            each.sheet.numbers,
            visit.sex,
        )
        for each in visit.written
    ]
