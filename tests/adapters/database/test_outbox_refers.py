"""What the outbox of revision 0014 sent, and what it sends after the upgrade, which keeps references only.

The dump has entries that are delivered, delivered as an Observation with logical references, waiting with such, waiting
with an amendment, and parked.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.keeping.bodies import body_of, select_resources
from service.adapters.database.operations.outbox_listing import read_bundles, read_details
from service.adapters.database.sending.outgoing import RESPONSE, columns_of_versions, read_outgoing
from service.adapters.database.sending.places import places_of
from service.adapters.database.sending.server_versions import read_server_versions, save_server_versions
from service.fhir.r4.strict_json import encode, parse
from service.fhir.results.bundle import outgoing_copy, with_profiles
from service.fhir.results.versions import ResourceVersion, without_elements
from service.ports.outbox import ServerVersion
from tests.support.building import phq
from tests.support.database.old_databases import KINDS, filled_database
from tests.support.rest import Clock, Rest, content, rest_on

# What a read adds to a resource.
NUMBERED = ("meta.versionId", "meta.lastUpdated")


@pytest.fixture(params=KINDS)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with filled_database(request, tmp_path, 14) as database:
        yield database


def rows_of(database: Database, table: str) -> list[dict[str, Any]]:
    with database.read() as connection:
        return [dict(row._mapping) for row in connection.execute(text(f"SELECT * FROM {table}"))]


def test_what_waits_or_is_parked_sends_what_it_sent(old: Database) -> None:
    before = [row for row in rows_of(old, "outbox") if row["state"] != "delivered"]
    old.create()
    assert len(before) == 3
    for row in before:
        with old.read() as connection:
            now = connection.execute(select(t.outbox).where(t.outbox.c.id == row["id"])).one()
            bundle, versions = read_outgoing(connection, now)
        assert json.dumps(bundle) == json.dumps(json.loads(row["bundle"]))
        assert versions == json.loads(row["versions"])
        # Only the one with logical references is kept as a whole.
        assert (now.changed is not None) == (row["reason"] == "logical")


def test_what_was_delivered_keeps_its_addresses_and_no_bundle(old: Database) -> None:
    before = {row["id"]: row for row in rows_of(old, "outbox") if row["state"] == "delivered"}
    old.create()
    ((_, exported),) = read_bundles(old, [1])
    assert json.loads(exported) == json.loads(before[1]["bundle"])
    details = read_details(old, 1)
    assert details is not None
    assert details.resources == json.loads(before[1]["versions"])
    kept = {row["id"]: row["changed"] for row in rows_of(old, "outbox") if row["id"] in before}
    assert kept[1] is None
    # Of the Bundle that was changed its response, which pick-up would not know otherwise.
    (entry,) = json.loads(kept[2])["bundle"]["entry"]
    assert entry["resource"]["author"]["display"] == "Practitioner/x"


def test_the_versions_that_the_fhir_server_has_are_known(old: Database) -> None:
    before = {row["url"]: ServerVersion(row["ours"], row["theirs"]) for row in rows_of(old, "delivered")}
    old.create()
    with old.read() as connection:
        now = {**read_server_versions(connection, 1, before), **read_server_versions(connection, 2, before)}
    assert len(before) == 30
    assert now == before


def test_the_urgent_flags_are_known(old: Database) -> None:
    levels = ("emergency", "same-day")
    flagged = {
        row["id"]: " ".join(level for level in levels if f'CodeSystem/urgency","code":"{level}"' in row["bundle"])
        for row in rows_of(old, "outbox")
    }
    old.create()
    assert any(flagged.values())
    assert {row["id"]: row["urgency"] or "" for row in rows_of(old, "outbox")} == flagged


def test_an_entry_that_is_not_readable_is_parked_when_its_turn_comes(old: Database, clock: Clock) -> None:
    with old.write() as connection:
        connection.execute(text("UPDATE outbox SET bundle = '{', lease = NULL, owner = NULL WHERE id = 3"))
    old.create()
    outbox = rest_on(old, clock).outbox
    while outbox.lease(*Rest.lease_now(rest_on(old, clock))):
        pass
    assert (3, "the stored entry is not readable") in [(each.id, each.reason) for each in outbox.list_entries("parked")]


def entries_of(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(t.outbox).order_by(t.outbox.c.id)))


def test_an_entry_holds_no_second_copy(rest: Rest) -> None:
    rest.post(phq())
    (row,) = entries_of(rest.database)
    assert row.changed is None
    assert len(row.sends) < 200
    entry = rest.outbox.lease(*rest.lease_now())
    assert entry is not None
    stored = {f"{each['resourceType']}/{each['id']}": each for each in rest.found("Observation?_count=100")}
    sent = {each["request"]["url"]: each["resource"] for each in entry.bundle["entry"]}
    assert len(stored) == 12
    assert {url: without_elements(sent[url], NUMBERED) for url in stored} == {
        url: without_elements(each, NUMBERED) for url, each in stored.items()
    }


def test_a_response_goes_out_without_what_only_its_sender_means(rest: Rest) -> None:
    rest.post(phq(meta={"profile": ["http://sender.example/p"], "tag": [{"code": "x"}]}))
    entry = rest.outbox.lease(*rest.lease_now())
    assert entry is not None
    response = content(rest.get("QuestionnaireResponse/r-1"))
    sent = next(e["resource"] for e in entry.bundle["entry"] if e["request"]["url"] == "QuestionnaireResponse/r-1")
    assert sent == outgoing_copy(response)
    assert sent["meta"] == {"tag": [{"code": "x"}]}


def test_a_profile_that_responses_are_sent_with_is_sent_again(rest: Rest) -> None:
    profile = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-questionnaireresponse"
    rest.post(phq(meta={"profile": ["http://sender.example/p"], "tag": [{"code": "x"}]}))
    with rest.database.write() as connection:
        found = connection.execute(select_resources().where(t.resource.c.type == RESPONSE)).one()
        stored = parse(body_of(found))
        sent = with_profiles(outgoing_copy(stored), {RESPONSE: profile})
        columns = columns_of_versions(places_of(connection, 1), [ResourceVersion(stored, 1, sent)], [encode(stored)])
        connection.execute(update(t.outbox).values(columns))
        bundle, _ = read_outgoing(connection, connection.execute(select(t.outbox)).one())
    assert columns["changed"] is None
    assert bundle["entry"][0]["resource"] == sent
    assert sent["meta"] == {"tag": [{"code": "x"}], "profile": [profile]}


def test_what_was_delivered_of_an_act_is_kept_when_more_of_it_is_delivered(rest: Rest) -> None:
    rest.post(phq())
    entry = rest.outbox.lease(*rest.lease_now())
    assert entry is not None
    first, second, third = list(entry.versions)[:3]
    for landed in ({first: ServerVersion(1, "7"), second: ServerVersion(1)}, {second: ServerVersion(2, "8")}):
        with rest.database.write() as connection:
            save_server_versions(connection, 1, {**landed, "Observation/unknown": ServerVersion(1)})
    with rest.database.read() as connection:
        known = read_server_versions(connection, 1, [first, second, third, "Observation/unknown"])
        assert len(connection.execute(select(t.delivered)).all()) == 1
    assert known == {first: ServerVersion(1, "7"), second: ServerVersion(2, "8")}


def test_two_workers_deliver_of_one_act_at_once(rest: Rest) -> None:
    """None of them takes away what the other one has written."""
    rest.post(phq())
    entry = rest.outbox.lease(*rest.lease_now())
    assert entry is not None
    landed = {url: ServerVersion(1, str(number)) for number, url in enumerate(entry.versions)}

    def save(url: str) -> None:
        with rest.database.write() as connection:
            save_server_versions(connection, 1, {url: landed[url]})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, landed))
    with rest.database.read() as connection:
        assert read_server_versions(connection, 1, landed) == landed


def test_a_changed_bundle_is_kept_and_a_retry_sends_it_again(rest: Rest, clock: Clock) -> None:
    rest.post(phq())
    entry = rest.outbox.lease(*rest.lease_now())
    assert entry is not None
    fewer = {**entry.bundle, "entry": entry.bundle["entry"][:3]}
    rest.outbox.postpone(entry, clock.now, "fewer", fewer)
    again = rest.outbox.lease(*rest.lease_now())
    assert again is not None
    assert again.bundle == fewer
    rest.outbox.mark_delivered(again, clock.now, {})
    rest.outbox.retry([1], clock.now)
    retried = rest.outbox.lease(*rest.lease_now())
    assert retried is not None
    assert retried.bundle == fewer
