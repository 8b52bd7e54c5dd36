"""The application reads no clock but the one passed in, and its front page says where to start."""

from datetime import UTC, datetime

from service.adapters.database.engine import Database
from service.app import create_app
from service.settings import Settings
from tests.support.rest import Rest, content

PAST = datetime(2020, 1, 1, tzinfo=UTC)


def test_metadata_and_published_resources_have_the_time_of_the_clock(sqlite: Database) -> None:
    client = create_app(Settings(), sqlite, now=lambda: PAST).test_client()
    assert content(client.get("/fhir/metadata"))["date"] == "2020-01-01T00:00:00.000Z"
    read = client.get("/fhir/Questionnaire/gad-7")
    assert content(read)["meta"]["lastUpdated"] == "2020-01-01T00:00:00.000Z"
    assert read.headers["Last-Modified"] == "Wed, 01 Jan 2020 00:00:00 GMT"


def test_the_front_page_names_the_addresses_to_start_from(rest: Rest) -> None:
    response = rest.client.get("/")
    assert response.content_type == "text/plain; charset=utf-8"
    assert b"/fhir/metadata" in response.data
