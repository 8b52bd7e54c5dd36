"""Sentences about an answer to a safety question whose code and display, or weight, are of two options."""

from collections.abc import Iterable, Iterator

from service.fhir.results.impression.clinician_text import ClinicianText, option_names
from service.fhir.results.impression.phrases.open_questions import single_names


def two_readings_sentences(text: ClinicianText, ids: Iterable[str]) -> Iterator[str]:
    """Yields a sentence for each such answer of the responses with these ids: which reading is judged."""
    for id in ids:
        item_of = text.submission.sources[id].sheet.instrument.by_link_id
        for contradiction in text.submission.results_of(id).contradictions:
            if contradiction.kind == "two-readings":
                (question,) = single_names([contradiction.link_id], text)
                option = option_names(item_of[contradiction.link_id], contradiction.judged)
                yield text.messages.message("summary", "two-readings", question=question, option=option)
