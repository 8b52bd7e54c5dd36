"""Posted searches in the database: found by their name until they expire; one key for all processes."""

from datetime import timedelta

from sqlalchemy import func, select

from service.adapters.database import tables
from service.adapters.database.engine import Database
from service.adapters.database.posted_searches import DatabaseSearches
from tests.support.building import NOW

HOUR = timedelta(hours=1)
GIVEN = [("patient", "p1"), ("code", "a,b"), ("code", "ü\\|")]


def test_a_search_is_kept_until_it_expires(database: Database) -> None:
    searches = DatabaseSearches(database)
    name = searches.save_search("Observation", GIVEN, NOW, NOW + HOUR)
    assert searches.find_search(name, "Observation", NOW + HOUR) == GIVEN
    assert searches.find_search(name, "Observation", NOW + HOUR + timedelta(seconds=1)) is None
    assert searches.find_search(name, "Task", NOW) is None
    assert searches.find_search("other", "Observation", NOW) is None


def test_what_has_expired_is_forgotten(database: Database) -> None:
    searches = DatabaseSearches(database)
    searches.save_search("Observation", GIVEN, NOW, NOW + HOUR)
    searches.save_search("Observation", GIVEN, NOW + 2 * HOUR, NOW + 3 * HOUR)
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.posted_search)) == 1


def test_the_same_search_twice_has_two_names(database: Database) -> None:
    searches = DatabaseSearches(database)
    assert len({searches.save_search("Observation", GIVEN, NOW, NOW + HOUR) for _ in range(3)}) == 3


def test_the_oldest_searches_make_room_for_new_ones(database: Database) -> None:
    searches = DatabaseSearches(database, most=3)
    names = [
        searches.save_search("Observation", GIVEN, NOW, NOW + HOUR + timedelta(seconds=number)) for number in range(5)
    ]
    found = [searches.find_search(name, "Observation", NOW) for name in names]
    assert found == [None, None, GIVEN, GIVEN, GIVEN]


def test_there_is_one_key(database: Database) -> None:
    key = DatabaseSearches(database).read_page_key()
    assert len(key) == 32
    assert DatabaseSearches(database).read_page_key() == key
    assert DatabaseSearches(database).make_page_key() == key
