"""Properties of the red flags, proved for every answer by the solver z3 and not sampled; and faults that are found."""

from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
import z3

from service.adapters.mappings.catalogue import LoadedCatalogue, load_catalogue
from service.adapters.mappings.files.strict_yaml import read_yaml
from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.kleene import Truth
from service.screening.rules.age import Age
from service.screening.rules.assessment import evaluate_response
from service.screening.rules.urgency import Urgency
from tests.support.building import FREQUENCY, catalogue, context_of
from tests.support.files import CASES, Edit
from tests.support.proofs.proving import LevelsOfForm, Step, lowering_options, severity_steps
from tests.support.proofs.rules_in_z3 import FlagsInZ3, FormInZ3, Kleene, answers_in_model
from tests.test_cases import cases, judge

HERE = Path(__file__).parent
PROOFS = read_yaml(HERE / "proofs.yaml")
FAULTS: Any = read_yaml(HERE / "planted-faults.yaml")
LEG_PAIN = "leg-pain"
CODES = [rule.code for rule in catalogue().rules.instruments[LEG_PAIN].flags]
SAFE_NOW = "safe-now"


class CompleteForm:
    """All complete leg-pain forms, and the red flags on them."""

    def __init__(self, loaded: LoadedCatalogue, complete: bool = True) -> None:
        self.form = FormInZ3(loaded.instrument(LEG_PAIN))
        self.flags = FlagsInZ3(loaded.rules, self.form).all_flags()
        self.solver = z3.Solver()
        self.solver.add(*self.form.constraints(complete))

    def reaches(self, *formulas: Any) -> bool:
        result = self.solver.check(*formulas)
        assert result != z3.unknown
        return bool(result == z3.sat)

    def levels_in(self, model: Any) -> dict[str, Urgency]:
        """The red flags of a model, as the formulas have them."""
        made = {}
        for code, flag in self.flags.items():
            for level in flag.reached:
                if z3.is_true(model.eval(flag.exactly(level), True)):
                    made[code] = level
        return made


@cache
def complete_form() -> CompleteForm:
    return CompleteForm(catalogue())


@cache
def open_form() -> CompleteForm:
    return CompleteForm(catalogue(), complete=False)


def listed_options(code: str) -> set[str]:
    named = PROOFS["lowered-by"].get(code, ())
    return {option for name in named for option in PROOFS["groups"].get(name, [name])}


def unreachable(form: CompleteForm, code: str) -> list[str]:
    return [level.code for level in form.flags[code].reached if not form.reaches(form.flags[code].exactly(level))]


@pytest.mark.parametrize("code", CODES)
def test_each_level_of_a_flag_is_reached_by_a_complete_form(code: str) -> None:
    form = open_form() if code in PROOFS["only-open"] else complete_form()
    assert unreachable(form, code) == []
    if code in PROOFS["only-open"]:
        assert len(unreachable(complete_form(), code)) == len(form.flags[code].reached)


def program_levels(answers: dict[str, frozenset[str]], form: CompleteForm, model: Any) -> dict[str, Urgency]:
    """The red flags of a model, as the program has them."""
    instrument = form.form.instrument
    asked = {link_id: truth_in(model, shown) for link_id, shown in form.form.parents.items()}
    known = z3.is_true(model.eval(form.form.age_known, True))
    years = model.eval(form.form.age, True).as_long()
    sheet = AnswerSheet(instrument, answers, asked, {})
    results = evaluate_response(catalogue().rules, sheet, Age(years, years) if known else None)
    others = [flag for flag in results.flags.raised if not flag.rule.alone]
    return {flag.rule.code: flag.level for flag in (others or results.flags.raised)}


def truth_in(model: Any, value: Kleene) -> Truth:
    if z3.is_true(model.eval(value.true, True)):
        return True
    return False if z3.is_true(model.eval(value.false, True)) else None


@pytest.mark.parametrize("code", CODES)
def test_the_formulas_and_the_program_agree(code: str) -> None:
    """On answers that reach each level and on answers that just miss the flag, complete and with open questions."""
    for form in (complete_form(), open_form()):
        flag = form.flags[code]
        for wanted in (*(flag.exactly(level) for level in flag.reached), z3.Not(flag.raised)):
            if form.reaches(wanted):
                model = form.solver.model()
                answers = answers_in_model(form.form, model)
                assert program_levels(answers, form, model) == form.levels_in(model), answers


def pairs_never_together(form: CompleteForm) -> set[frozenset[str]]:
    """The pairs that no form raises; a model that raises many flags settles many pairs."""
    seen: set[frozenset[str]] = set()
    never = set()
    for first, second in combinations(form.flags, 2):
        pair = frozenset((first, second))
        if pair not in seen:
            if form.reaches(form.flags[first].raised, form.flags[second].raised):
                up = form.levels_in(form.solver.model())
                seen |= {frozenset(each) for each in combinations(up, 2)}
            else:
                never.add(pair)
    return never


def listed_pairs() -> set[frozenset[str]]:
    pairs = {frozenset((entry["first"], other)) for entry in PROOFS["never-together"] for other in entry["others"]}
    return pairs | {frozenset((code, other)) for code in PROOFS["only-open"] for other in CODES if other != code}


def test_each_pair_of_flags_is_raised_together_unless_their_rows_exclude_each_other() -> None:
    assert pairs_never_together(complete_form()) == listed_pairs()


@pytest.mark.parametrize("code", CODES)
def test_no_other_answer_lowers_a_flag_than_its_row_says(code: str) -> None:
    found = lowering_options(catalogue().rules, catalogue().instrument(LEG_PAIN), code)
    assert found == listed_options(code)


def test_every_row_of_the_list_is_a_flag() -> None:
    assert PROOFS["lowered-by"].keys() <= set(CODES)


def steps(loaded: LoadedCatalogue, key: str) -> list[Step]:
    return [step for entry in PROOFS[key] for step in severity_steps(loaded.instrument(LEG_PAIN), entry)]


@cache
def levels() -> LevelsOfForm:
    return LevelsOfForm(catalogue().rules, catalogue().instrument(LEG_PAIN))


@pytest.mark.parametrize("step", steps(catalogue(), "more-severe"), ids=str)
def test_a_more_severe_answer_never_lowers_the_level_of_the_response(step: Step) -> None:
    assert levels().lowering(step) is None


@pytest.mark.parametrize("step", steps(catalogue(), "may-lower"), ids=str)
def test_an_answer_that_lowers_the_level_is_seen(step: Step) -> None:
    assert levels().lowering(step) is not None


def phq9_level(others: int, item_9: int, safe_now: str | None) -> Urgency:
    """The level of a PHQ-9 whose first eight items add up to ``others``."""
    instrument = catalogue().instrument("phq-9")
    rule = catalogue().rules.instruments["phq-9"].scores[0]
    weights = [min(3, max(0, others - 3 * place)) for place in range(8)]
    chosen = {link_id: frozenset({FREQUENCY[w]}) for link_id, w in zip(rule.summands, [*weights, item_9], strict=True)}
    asked = {link_id: item_9 > 0 if link_id == SAFE_NOW else True for link_id in instrument.by_link_id}
    if safe_now is not None:
        chosen[SAFE_NOW] = frozenset({safe_now})
    results = evaluate_response(catalogue().rules, AnswerSheet(instrument, chosen, asked, {}), Age(40, 40))
    return max((flag.level for flag in results.flags.raised), default=Urgency.NONE)


def test_no_worse_answer_to_the_phq9_lowers_its_level() -> None:
    """All totals of eight items, all answers to item 9, and all answers to "able to stay safe", or none."""
    worse = ("yes", "unsure", "no")
    for others, item_9 in product(range(25), range(1, 4)):
        by_answer = [phq9_level(others, item_9, answer) for answer in worse]
        assert by_answer == sorted(by_answer)
        assert phq9_level(others, item_9, None) >= by_answer[0]
        for answer in worse:
            own = phq9_level(others, item_9, answer)
            assert own >= (phq9_level(others, item_9 - 1, answer if item_9 > 1 else None))
            assert others == 24 or phq9_level(others + 1, item_9, answer) >= own
        assert by_answer[0] == (Urgency.EMERGENCY if item_9 == 3 else Urgency.SAME_DAY)


def found_by_proof(kind: str, loaded: LoadedCatalogue, code: str) -> bool:
    if kind == "lowered":
        return lowering_options(loaded.rules, loaded.instrument(LEG_PAIN), code) != listed_options(code)
    if kind == "more-severe":
        changed = LevelsOfForm(loaded.rules, loaded.instrument(LEG_PAIN))
        return any(changed.lowering(step) is not None for step in steps(loaded, "more-severe"))
    form = CompleteForm(loaded)
    return pairs_never_together(form) != listed_pairs() if kind == "together" else unreachable(form, code) != []


def found_by_cases(loaded: LoadedCatalogue, code: str) -> bool:
    """Whether a case of the red flag has another result than it says."""
    changed = context_of(loaded)
    own = [param.values[0] for param in cases() if (param.id or "").startswith(f"flags/{code}:")]
    assert own, f"no case in {CASES}"
    return any(not as_expected(judge(case, changed), case["expect"], code) for case in own)


def as_expected(submission: Any, expected: dict[str, Any], code: str) -> bool:
    raised = submission.assessment.raised
    level = raised[code].level.code if code in raised else None
    if "flags" in expected or code in expected.get("flags-include", {}):
        return bool(level == {**expected.get("flags", {}), **expected.get("flags-include", {})}.get(code))
    return level is None or code not in expected.get("not-raised", ())


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["fault"])
def test_a_planted_fault_is_found(fault: dict[str, str], copy: Path, edit: Edit) -> None:
    edit(f"mappings/{fault['file']}", fault["old"], fault["new"])
    loaded = load_catalogue(copy / "questionnaires", copy / "mappings")
    if fault["found-by"] == "cases":
        assert found_by_cases(loaded, fault["flag"])
    else:
        assert found_by_proof(fault["found-by"], loaded, fault["flag"])


def test_the_cases_find_no_fault_in_the_shipped_files() -> None:
    """The proofs find none either: that is what the tests above say."""
    assert not any(found_by_cases(catalogue(), fault["flag"]) for fault in FAULTS if fault["found-by"] == "cases")
