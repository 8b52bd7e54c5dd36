"""The ClinicalImpression of an act: what the answers came to, why, and how sure; never a diagnosis.

https://hl7.org/fhir/R4/clinicalimpression.html
"""

from collections.abc import Iterator

from service.fhir.acts import Act, Part
from service.fhir.evidence import flag_evidence, pattern_evidence
from service.fhir.ids import ID_SYSTEM, extension_url
from service.fhir.lexicon import Lexicon
from service.fhir.narrative import narrative
from service.fhir.notes import notes
from service.fhir.observations import panel_slots, score_slots
from service.fhir.publisher import Publisher
from service.fhir.reading import Resource
from service.fhir.times import instant
from service.fhir.words import Words
from service.screening.advice import SELF_HARM
from service.screening.assessment import JudgedResponse, RuleSet
from service.screening.cards import in_order
from service.screening.flags import Flag
from service.screening.patterns import Reported
from service.screening.urgency import Urgency


def impression(act: Act, publisher: Publisher) -> Resource:
    """The one ClinicalImpression of an act. Software is no Practitioner, so it has no assessor."""
    rules, lexicon = publisher.rules, publisher.lexicon
    words = Words(act, lexicon)
    kind = lexicon.bindings["impression-early" if act.early else "impression"]
    found = findings(act, publisher, words)
    made: Resource = {
        "resourceType": "ClinicalImpression",
        "id": act.impression_id,
        "language": "en",
        "extension": [urgency_extension(act.assessment.urgency)],
        "identifier": [{"system": ID_SYSTEM, "value": act.impression_id}],
        "status": "in-progress" if act.early else "completed",
        "code": lexicon.concept("assessment", kind),
        "description": description(act, words),
        "subject": act.patient,
        **act.lead_part.encounter,
        "effectiveDateTime": act.effective,
        "date": instant(act.now),
        **previous(act),
        "investigation": [investigation(part, act, lexicon) for part in act.parts.values()],
        "protocol": [rules.canonical],
        "summary": summary(act, rules, words),
        **({"finding": found} if found else {}),
        "note": [{"text": text} for text in notes(act, words, publisher.approved_by)],
    }
    return {**made, "text": narrative(made, next_texts(act, publisher))}


def previous(act: Act) -> Resource:
    if act.previous is None:
        return {}
    return {"previous": {"reference": f"ClinicalImpression/{act.previous}"}}


def urgency_extension(level: Urgency) -> Resource:
    return {"url": extension_url("urgency"), "valueCode": level.code}


def description(act: Act, words: Words) -> str:
    titles = ", ".join(dict.fromkeys(part.sheet.instrument.title for part in act.parts.values()))
    return words.lexicon.say("impression", "description-early" if act.early else "description", instruments=titles)


def investigation(part: Part, act: Act, lexicon: Lexicon) -> Resource:
    """One instrument: the response, and its scores and panel."""
    slots = [] if part.unfinished else [*score_slots(act.judged(part.id)), *panel_slots(part, act.judged(part.id))]
    observations = [{"reference": f"Observation/{part.slot('Observation', slot)}"} for slot in slots]
    return {"code": lexicon.concept("assessment", part.name), "item": [part.reference, *observations]}


def findings(act: Act, publisher: Publisher, words: Words) -> list[Resource]:
    """One finding per flag, the most urgent first, then one per pattern in the order of cards."""
    flags = [flag_finding(flag, publisher, words) for flag in act.assessment.raised.values()]
    return flags + [pattern_finding(item, publisher, words) for item in in_order(act.assessment.patterns.reported)]


def flag_finding(flag: Flag, publisher: Publisher, words: Words) -> Resource:
    evidence, steps = flag_evidence(flag, publisher.rules, words), publisher.flag_steps[flag.rule.code]
    return {
        "extension": [urgency_extension(flag.level), evidence, steps.extension],
        "itemCodeableConcept": words.lexicon.concept("red-flag", flag.rule.code),
        "basis": words.flag(flag),
    }


def pattern_finding(item: Reported, publisher: Publisher, words: Words) -> Resource:
    confidence = {"url": extension_url("confidence"), "valueCode": item.confidence.code}
    evidence, steps = pattern_evidence(item, publisher.rules, words), publisher.pattern_steps[item.pattern.id]
    return {
        "extension": [urgency_extension(item.urgency), confidence, evidence, steps.extension],
        "itemCodeableConcept": words.lexicon.concept("pattern", item.pattern.id),
        "basis": words.pattern(item),
    }


def next_texts(act: Act, publisher: Publisher) -> list[str]:
    """What a clinician may do next, finding by finding."""
    flags = [publisher.flag_steps[code].text for code in act.assessment.raised]
    return flags + [publisher.pattern_steps[i.pattern.id].text for i in in_order(act.assessment.patterns.reported)]


def summary(act: Act, rules: RuleSet, words: Words) -> str:
    """One readable paragraph, flags first."""
    return " ".join(sentences(act, rules, words))


def sentences(act: Act, rules: RuleSet, words: Words) -> Iterator[str]:
    say, fixed = words.lexicon.say, words.lexicon.wording["summary"]
    flags = words.flags_by_level()
    for level, texts in flags.items():
        yield say("summary", "flags", urgency=words.urgency(level), flags="; ".join(texts))
    yield from not_endorsed(act, words)
    if not flags:
        days = ", ".join(dict.fromkeys(part.day for part in act.parts.values()))
        yield say("summary", "no-flag", dates=days)
    if act.early:
        yield fixed["early"]
        return
    yield pattern_sentence(act, rules, words)
    scores = [words.score(s, words.newest[j.instrument]) for j in newest_judged(act) for s in j.scores]
    if scores:
        yield say("summary", "scores", scores="; ".join(scores))


def not_endorsed(act: Act, words: Words) -> Iterator[str]:
    """Self-harm answered with nothing: said as such, and never as safety (EX-50)."""
    for part, judged in ((words.newest[j.instrument], j) for j in newest_judged(act)):
        for flag in judged.flags.denied:
            if flag.kind == SELF_HARM:
                yield words.lexicon.say("summary", "not-endorsed", flag=words.flag_name(flag.code), date=part.day)


def pattern_sentence(act: Act, rules: RuleSet, words: Words) -> str:
    """What the legs fit, or why nothing can be said of them."""
    say, fixed = words.lexicon.say, words.lexicon.wording["summary"]
    if act.assessment.minor:
        return say("summary", "minor", **{"adult-age": rules.adult_age})
    if not act.assessment.patterns_judged:
        return fixed["no-legs"]
    reported = in_order(act.assessment.patterns.reported)
    if not reported:
        return fixed["no-pattern"]
    return say("summary", "patterns", patterns="; ".join(pattern_in_words(item, words) for item in reported))


def pattern_in_words(item: Reported, words: Words) -> str:
    confidence = words.lexicon.wording["confidence"][item.confidence.code]
    key = "pattern-adds" if item.adds_to_bodily else "pattern-link" if item.pattern.wording == "link" else "pattern"
    return words.lexicon.say("summary", key, pattern=words.pattern_name(item.pattern.id), confidence=confidence)


def newest_judged(act: Act) -> list[JudgedResponse]:
    return [act.judged(id) for id in act.assessment.newest.values()]
