"""Codes the answers of stored responses that have no coded answers yet."""

from collections.abc import Iterator

from service.ports.coded_responses import UncodedStore
from service.ports.responses import ResponseReader
from service.usecases.responses.prepare import AssessmentContext
from service.usecases.responses.sources import read_sources

RESPONSES_AT_A_TIME = 200


def code_stored(store: UncodedStore, reader: ResponseReader, context: AssessmentContext) -> Iterator[int]:
    """Yields how many responses were coded, each time that they are written.

    Raises Unavailable if the questionnaire of one is no longer published.
    """
    while ids := store.find_uncoded(RESPONSES_AT_A_TIME):
        store.save_missing(list(read_sources(ids, reader, context).values()))
        yield len(ids)
