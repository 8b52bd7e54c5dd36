"""Posted searches in the database: found by their name until they expire; one key for all processes."""

from datetime import timedelta

from sqlalchemy import func, select

from service.adapters import tables
from service.adapters.database import Database
from service.adapters.searches import DatabaseSearches
from tests.building import NOW

HOUR = timedelta(hours=1)
GIVEN = [("patient", "p1"), ("code", "a,b"), ("code", "ü\\|")]


def test_a_search_is_kept_until_it_expires(database: Database) -> None:
    searches = DatabaseSearches(database)
    name = searches.keep("Observation", GIVEN, NOW, NOW + HOUR)
    assert searches.kept(name, "Observation", NOW + HOUR) == GIVEN
    assert searches.kept(name, "Observation", NOW + HOUR + timedelta(seconds=1)) is None
    assert searches.kept(name, "Task", NOW) is None
    assert searches.kept("other", "Observation", NOW) is None


def test_what_has_expired_is_forgotten(database: Database) -> None:
    searches = DatabaseSearches(database)
    searches.keep("Observation", GIVEN, NOW, NOW + HOUR)
    searches.keep("Observation", GIVEN, NOW + 2 * HOUR, NOW + 3 * HOUR)
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.posted_search)) == 1


def test_the_same_search_twice_has_two_names(database: Database) -> None:
    searches = DatabaseSearches(database)
    assert len({searches.keep("Observation", GIVEN, NOW, NOW + HOUR) for _ in range(3)}) == 3


def test_there_is_one_key(database: Database) -> None:
    key = DatabaseSearches(database).key()
    assert len(key) == 32
    assert DatabaseSearches(database).key() == key
    assert DatabaseSearches(database).make_key() == key
