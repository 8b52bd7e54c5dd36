"""The notes of an impression: its limits, what was considered, what could not be judged, what contradicts itself."""

from collections.abc import Iterator

from service.fhir.acts import Act
from service.fhir.observations import difference
from service.fhir.words import Words, option_names, question_name
from service.screening.sheet import Contradiction


def notes(act: Act, words: Words, approved_by: str | None) -> list[str]:
    """Every note, in the order in which a clinician wants them."""
    return [*warnings(act, words), *considered(act, words), *limits(words, approved_by)]


def limits(words: Words, approved_by: str | None) -> Iterator[str]:
    """What the rules are, and who approved them."""
    own = words.lexicon.wording["note"]
    yield own["not-validated"] if approved_by is None else words.lexicon.say("note", "approved", name=approved_by)
    yield own["additions"]


def warnings(act: Act, words: Words) -> Iterator[str]:
    """What the sender and the clinician must know of the responses themselves."""
    for id, judged in act.assessment.responses.items():
        for score in judged.scores:
            warning = difference(score, words.lexicon)
            if warning:
                yield warning
        for contradiction in judged.contradictions:
            yield contradiction_note(contradiction, id, act, words)
        if act.parts[id].response.authored is None:
            yield words.lexicon.wording["note"]["undated"]


def contradiction_note(contradiction: Contradiction, id: str, act: Act, words: Words) -> str:
    item = act.parts[id].sheet.instrument.by_link_id[contradiction.link_id]
    exclusive = [option.value.code for option in item.options if option.exclusive]
    names = {"question": question_name(item), "option": option_names(item, exclusive)}
    return words.lexicon.say("note", contradiction.kind, **names)


def considered(act: Act, words: Words) -> Iterator[str]:
    """Patterns below their minimum, and flags and patterns that hang on open questions."""
    say, patterns = words.lexicon.say, act.assessment.patterns
    if patterns.below:
        below = (
            say(
                "note",
                "below-pattern",
                pattern=words.pattern_name(b.pattern.id),
                score=b.score,
                minimum=b.pattern.minimum,
            )
            for b in patterns.below
        )
        yield say("note", "below", patterns="; ".join(below))
    flags = unjudged_flags(act, words)
    if flags:
        yield say("note", "unjudged-flags", flags="; ".join(flags))
    if patterns.unjudged:
        unjudged = (
            say("note", "unjudged-one", name=words.pattern_name(u.pattern.id), questions=words.names(u.open_questions))
            for u in patterns.unjudged
        )
        yield say("note", "unjudged-patterns", patterns="; ".join(unjudged))


def unjudged_flags(act: Act, words: Words) -> list[str]:
    """Flags that no response raised and some response left open."""
    raised = act.assessment.raised
    found = {
        item.rule.code: item.open_questions
        for judged in act.assessment.responses.values()
        for item in judged.flags.unjudged
        if item.rule.code not in raised
    }
    return [
        words.lexicon.say("note", "unjudged-one", name=words.flag_name(code), questions=words.names(questions))
        for code, questions in found.items()
    ]
