"""Random rules of totals: sums and means, factors, decimals, prorated, by age and sex: equal to `compute_score`."""

from decimal import Decimal
from random import Random

import numpy as np

from service.population.columns.assess_rows import submission_ages
from service.population.columns.rows import SheetColumns
from service.population.columns.scores import score_columns
from service.population.files.rows_file import coded_rows, layout_of, row_schema, table_of
from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.instruments.instrument import Instrument, Item, Option
from service.screening.instruments.typed_value import Coding
from service.screening.rules.age import age_at
from service.screening.rules.scores import Band, BandGroup, Number, ScoreRule, compute_score
from tests.support.generated.population import BIRTHS, START, Visit, Written, code_visit

CODES = ("a", "b", "c", "d")
CHOICES, NUMBERS = ("q1", "q2", "q3", "q4"), ("n1", "n2")
SUMMANDS = (*CHOICES, *NUMBERS)
ITEMS = tuple(
    Item(link_id, "choice", repeats=True, options=tuple(Option("Coding", Coding("s", code)) for code in CODES))
    for link_id in CHOICES
) + tuple(Item(link_id, "integer") for link_id in NUMBERS)
FORM = Instrument("made", "urn:form", "1", "Made", "active", ITEMS)


def random_rule(random: Random) -> ScoreRule:
    """A rule of a total with any of its settings."""
    decimals = random.choice((0, 0, 1, 2))
    weights: dict[str, dict[str, Number]] = {
        link_id: {code: random.choice((0, 1, 2, 3, Decimal("0.5"), Decimal("1.25"))) for code in CODES}
        for link_id in CHOICES
    }
    factors: dict[str, Number] = {link_id: random.choice((1, 2, Decimal("1.5"))) for link_id in SUMMANDS}
    bands = tuple(
        Band(f"b{low}", low, low + 2 if decimals == 0 else Decimal(low) + Decimal("2.99")) for low in (0, 3, 6)
    )
    groups = (
        BandGroup(bands[1:], sex="female", age_from=random.choice((None, 18))),
        BandGroup(bands[:1], age_below=random.choice((18, 60))),
    )
    return ScoreRule(
        "made",
        "Made",
        "total",
        SUMMANDS,
        weights,
        bands,
        (),
        ranges=dict.fromkeys(NUMBERS, (-2, 10)),
        factors=random.choice(({}, factors)),
        is_mean=random.random() < 0.5,
        decimals=decimals,
        prorated_from=random.choice((None, 3, 5)),
        groups=random.choice(((), groups)),
    )


def random_made_sheet(random: Random) -> AnswerSheet:
    """Answers to the form, with some left out."""
    chosen = {link_id: frozenset(random.sample(CODES, random.randint(1, 2))) for link_id in CHOICES}
    chosen = {link_id: codes for link_id, codes in chosen.items() if random.random() < 0.85}
    numbers = {link_id: Decimal(random.randint(-2, 10)) for link_id in NUMBERS if random.random() < 0.85}
    asked = {link_id: random.choice((True, True, True, False, None)) for link_id in SUMMANDS}
    return AnswerSheet(FORM, chosen, asked, numbers)


def test_totals_ranges_and_bands_are_those_of_the_evaluator() -> None:
    random = Random(7)
    day, time = START.date(), int(START.timestamp()) * 1_000_000
    prorated = 0
    for _ in range(80):
        rule = random_rule(random)
        written = [Written(f"r{number}", random_made_sheet(random), "completed", START) for number in range(80)]
        visits = [Visit([each], random.choice(BIRTHS), random.choice((None, "male", "female"))) for each in written]
        responses = [row for number, visit in enumerate(visits) for row in code_visit(visit, number)]
        layout = layout_of((each.instrument, each.questions) for each in responses)
        rows = coded_rows(table_of(responses, layout, row_schema(layout)))
        places = rows.rows_of("made")
        sheet = SheetColumns(rows, rows.questions["made"], places)
        found = score_columns(rule, sheet, submission_ages(rows, places, np.full(len(places), time)), rows)
        for row, visit in enumerate(visits):
            score = compute_score(rule, visit.written[0].sheet, age_at(visit.birth_date, day), visit.sex)
            low, high = (Decimal(int(column[row])).scaleb(-rule.decimals) for column in (found.low, found.high))
            band = found.bands[found.band[row]] if found.band[row] >= 0 else None
            is_total = score.total is not None
            got = (bool(found.is_total[row]), low, high, band, bool(found.left_open[row]))
            assert got == (is_total, score.low, score.high, score.band, bool(score.left_open)), (rule, score)
            prorated += bool(score.missing) and is_total
    assert prorated
