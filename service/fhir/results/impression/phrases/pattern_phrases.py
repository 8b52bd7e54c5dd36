"""The patterns in the summary: one entry for each family."""

from collections.abc import Iterable, Sequence

from service.fhir.results.impression.clinician_text import ClinicianText
from service.screening.advice.clinician_words import Family
from service.screening.rules.patterns import ReportedPattern

NO_FAMILY = Family()


def pattern_phrases(text: ClinicianText) -> list[str]:
    """Returns an entry for each family with a reported pattern: danger patterns first, then by confidence."""
    families: dict[str, list[ReportedPattern]] = {}
    for reported in text.submission.assessment.patterns.reported:
        families.setdefault(reported.pattern.family, []).append(reported)
    ordered = sorted(families.values(), key=lambda members: -max(member.confidence for member in members))
    return [family_phrase(members, text) for members in ordered]


def family_phrase(members: Sequence[ReportedPattern], text: ClinicianText) -> str:
    """Returns the entry of one family: the name of its head, of the other members, and the highest confidence."""
    family = text.words.families.get(members[0].pattern.family, NO_FAMILY)
    head = head_of(members, family)
    if head.pattern.id in family.heads and (whole := whole_entry(family, text)) is not None:
        return whole
    others = [member for member in members if member is not head and member.pattern.id not in family.heads]
    name = text.pattern_short_name(head.pattern.id)
    if others:
        names = ", ".join(text.pattern_short_name(member.pattern.id) for member in others)
        name = text.messages.message("summary", "pattern-members", pattern=name, members=names)
    key = "pattern-danger" if head.pattern.danger else "pattern"
    confidence = text.confidence(max(member.confidence for member in members))
    return text.messages.message("summary", key, pattern=name, confidence=confidence)


def whole_entry(family: Family, text: ClinicianText) -> str | None:
    """Returns the words that are the whole entry of a family; None if it is named by its patterns."""
    if family.always is None and has_bodily(text.submission.assessment.patterns.reported):
        return family.beside_bodily
    return family.always


def head_of(members: Sequence[ReportedPattern], family: Family) -> ReportedPattern:
    """Returns the member that gives the family its name: the first head reported, else the first member."""
    by_id = {member.pattern.id: member for member in members}
    return next((by_id[id] for id in family.heads if id in by_id), members[0])


def has_bodily(reported: Iterable[ReportedPattern]) -> bool:
    """True if one of the patterns is bodily."""
    return any(item.pattern.kind == "bodily" for item in reported)
