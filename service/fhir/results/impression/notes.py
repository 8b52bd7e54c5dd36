"""ClinicalImpression.note: what changed, what could not be judged, warnings, the limits of the rules."""

from collections.abc import Iterator

from service.fhir.results.impression.change_note import change_notes
from service.fhir.results.impression.clinician_text import ClinicianText, option_names, question_name
from service.fhir.results.impression.phrases.open_questions import left_open_notes
from service.fhir.results.impression.safety_changes import safety_change_sentences, safety_changes
from service.fhir.results.origin.who_answered import answered_by, is_from_patient
from service.fhir.results.score_observations import total_warning
from service.screening.instruments.answer_sheet import Contradiction


def impression_notes(text: ClinicianText) -> list[str]:
    """Returns every note, in the order in which clinicians read them."""
    return [*change_notes(text), *notes_on_answers(text)]


def notes_on_answers(text: ClinicianText) -> list[str]:
    """Returns the notes but that on the change since the impression before."""
    told = safety_change_sentences(safety_changes(text.submission, text.knowledge))
    left_open, warnings = left_open_notes(text), response_warnings(text)
    return [*told, *left_open, *warnings, *earlier_score_notes(text), *disclaimers(text)]


def disclaimers(text: ClinicianText) -> Iterator[str]:
    """Yields whether the rules are approved, and that they contain additions."""
    approved_by, message = text.knowledge.approved_by, text.messages.message
    yield message("note", "not-validated") if approved_by is None else message("note", "approved", name=approved_by)
    yield message("note", "additions")


def response_warnings(text: ClinicianText) -> Iterator[str]:
    """Yields differing totals, contradicting answers and missing dates of the responses used."""
    for id, results in text.submission.assessment.responses.items():
        for score in results.scores:
            warning = total_warning(score, text.messages)
            if warning:
                yield warning
        for contradiction in results.contradictions:
            yield contradiction_note(contradiction, id, text)
        source = text.submission.sources[id]
        if not is_from_patient(source):
            who = {"instrument": source.sheet.instrument.title, "who": answered_by(source, text.messages)}
            yield text.messages.message("note", "who", **who)
        if source.recognised:
            yield text.messages.message("note", "recognised", questionnaire=source.sheet.instrument.title)
        if source.response.authored is None:
            yield text.messages.message("note", "undated")


def earlier_score_notes(text: ClinicianText) -> Iterator[str]:
    """Yields which response gives a score where a newer one has items open."""
    submission = text.submission
    if len(submission.sources) == 1:
        return
    last = {source.instrument_name: source for source in submission.sources.values() if not source.is_unfinished}
    for name, source in text.newest.items():
        for score in submission.results_of(last[name].id).scores:
            if last[name].id != source.id and score.total is None:
                names = {"score": score.rule.title, "date": last[name].day, "earlier": source.day}
                yield text.messages.message("note", "earlier-score", **names)


def contradiction_note(contradiction: Contradiction, id: str, text: ClinicianText) -> str:
    """Returns the note about two answers of one response that exclude each other, or one that says two things."""
    item = text.submission.sources[id].sheet.instrument.by_link_id[contradiction.link_id]
    exclusive = [code for code in item.option_of if code in item.exclusive]
    options = contradiction.judged if contradiction.kind == "two-readings" else exclusive
    names = {"question": question_name(item), "option": option_names(item, options)}
    return text.messages.message("note", contradiction.kind, **names)
