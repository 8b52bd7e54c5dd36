"""One step of the search for responses on the FHIR server."""

from service.usecases.pulling.fetch import Puller, fetch_noticed
from service.usecases.pulling.search import ask_for_missed, search_changes


def pull_next(puller: Puller) -> bool:
    """Asks for missed events, searches for changes, and picks up what was noticed, each if it is due.

    False if nothing was. Raises Unavailable if the database is unavailable.
    """
    asked, searched = ask_for_missed(puller), search_changes(puller)
    return fetch_noticed(puller) is not None or asked or searched
