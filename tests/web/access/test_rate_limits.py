"""Rate limits: by client, by address, the same for all processes on one database; and whose address is believed."""

from pathlib import Path
from typing import Any

from limits import parse

from service.adapters.database.access.request_counts import CountedLimits
from service.adapters.database.engine import Database
from service.settings import Settings
from tests.support.other_systems.issuing import CLIENTS, Issuer, bearer, issuer_file, secured
from tests.support.rest import Clock, Rest, issues, rest_with


def limited(database: Database, clock: Clock, folder: Path, issuer: Issuer, **rates: Any) -> Rest:
    return secured(database, clock, issuer_file(folder, issuer), **rates)


def test_a_client_that_asks_too_often_waits_and_others_do_not(
    sqlite: Database, clock: Clock, tmp_path: Path, issuer: Issuer
) -> None:
    rest = limited(sqlite, clock, tmp_path, issuer, rate_client="3/hour")
    first, other = (bearer(issuer.give(client_id=name)) for name in CLIENTS)
    answers = [rest.get("Observation", **first) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert [code for code, _ in issues(answers[-1])] == ["throttled"]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 3600
    assert rest.get("Observation", **other).status_code == 200
    assert rest.get("metadata").status_code == 200


def test_an_address_is_limited_whatever_it_sends(
    sqlite: Database, clock: Clock, tmp_path: Path, issuer: Issuer
) -> None:
    rest = limited(sqlite, clock, tmp_path, issuer, rate_address="3/hour")
    answers = [rest.get("Observation", **bearer(f"guess-{number}")).status_code for number in range(5)]
    assert answers == [401, 401, 401, 429, 429]
    elsewhere = rest.client.get("/fhir/Observation", environ_base={"REMOTE_ADDR": "192.0.2.9"})
    assert elsewhere.status_code == 401


def test_only_a_proxy_of_ours_may_name_an_address(
    sqlite: Database, clock: Clock, tmp_path: Path, issuer: Issuer
) -> None:
    rest = limited(sqlite, clock, tmp_path, issuer, rate_address="2/hour", proxies=("10.0.0.5",))

    def ask(remote: str, forwarded: str) -> int:
        named = {"X-Forwarded-For": forwarded}
        return rest.client.get("/fhir/Observation", environ_base={"REMOTE_ADDR": remote}, headers=named).status_code

    assert [ask("192.0.2.1", f"198.51.100.{number}") for number in range(3)] == [401, 401, 429]
    assert [ask("10.0.0.5", f"203.0.113.{number}, 198.51.100.7") for number in range(3)] == [401, 401, 429]
    assert [ask("10.0.0.5", f"198.51.100.{number}, 10.0.0.5") for number in range(20, 23)] == [401, 401, 401]


def test_a_request_that_came_in_clear_is_refused_and_not_sent_on(
    sqlite: Database, clock: Clock, tmp_path: Path, issuer: Issuer
) -> None:
    base = "https://sural.example/fhir"
    file = issuer_file(tmp_path, issuer, audience="http://sural.example/fhir")
    settings = Settings(base_url=base, auth="smart", issuers=file, proxies=("10.0.0.5",))
    client = rest_with(sqlite, clock, settings).client
    for proto, expected in (("http", 403), ("https", 200)):
        headers = {**bearer(issuer.give()), "X-Forwarded-Proto": proto}
        answer = client.get("/fhir/Observation", environ_base={"REMOTE_ADDR": "10.0.0.5"}, headers=headers)
        assert answer.status_code == expected
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"
        assert "Location" not in answer.headers


def test_all_processes_count_together(database: Database) -> None:
    processes = [CountedLimits(database, {"client": parse("4/hour")}) for _ in range(1 if database.is_sqlite else 2)]
    counted = [processes[number % len(processes)].count_request("client", "a") for number in range(6)]
    assert counted[:4] == [None] * 4
    assert all(seconds is not None and 1 <= seconds <= 3600 for seconds in counted[4:])
    assert processes[0].count_request("client", "b") is None
    assert processes[0].count_request("link", "a") is None


def test_the_open_demo_has_no_limit_for_addresses(rest: Rest) -> None:
    limits = rest.app.extensions["sural"].limits
    assert all(limits.count_request("address", "a") is None for _ in range(50))
