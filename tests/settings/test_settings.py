"""The settings: their defaults, and what each value means."""

import os
from datetime import timedelta

import pytest

from service.screening.advice.contacts import Contacts
from service.settings import PREFIX, Settings, read_environment, read_settings
from service.wiring import make_contacts


def test_without_anything_set_the_service_is_on_this_machine_alone() -> None:
    settings = read_settings()
    assert (settings.host, settings.port, settings.database) == ("127.0.0.1", 8080, "sqlite:///var/sural.db")
    assert settings.base == "http://127.0.0.1:8080/fhir"
    assert settings.fhir_server is None


def test_opening_it_to_a_network_must_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURAL_HOST", "0.0.0.0")  # noqa: S104 with the word that allows it
    monkeypatch.setenv("SURAL_AUTH", "open")
    assert read_settings().auth == "open"


def test_who_is_asked_next_and_when(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (read_settings().escalation, read_settings().escalate_emergency) == ((), timedelta(minutes=15))
    assert read_settings().escalate_same_day == timedelta(hours=4)
    monkeypatch.setenv("SURAL_ESCALATION", "PractitionerRole/on-call, http://ehr.example/Organization/clinic")
    monkeypatch.setenv("SURAL_ESCALATE_EMERGENCY", "90s")
    monkeypatch.setenv("SURAL_ESCALATE_SAME_DAY", "2h")
    settings = read_settings()
    assert settings.escalation == ("PractitionerRole/on-call", "http://ehr.example/Organization/clinic")
    assert (settings.escalate_emergency, settings.escalate_same_day) == (timedelta(seconds=90), timedelta(hours=2))


def test_addresses_and_origins_are_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (read_settings().fhir_server_aliases, read_settings().cors_origins) == ((), ())
    assert read_settings().if_match == "optional"
    monkeypatch.setenv("SURAL_FHIR_SERVER_ALIASES", "https://a.example/r4, http://hapi:8080/fhir")
    monkeypatch.setenv("SURAL_CORS_ORIGINS", "https://ehr.example,http://127.0.0.1:3000")
    settings = read_settings()
    assert settings.fhir_server_aliases == ("https://a.example/r4", "http://hapi:8080/fhir")
    assert settings.cors_origins == ("https://ehr.example", "http://127.0.0.1:3000")


def test_profiles_are_named_by_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURAL_PROFILES", "Observation=http://a.example/p,Task=http://a.example/t")
    assert read_settings().profiles == {"Observation": "http://a.example/p", "Task": "http://a.example/t"}


@pytest.mark.parametrize(("text", "number"), [("1 in 5", 5), ("5", 5), ("0", 0)])
def test_the_sample_that_is_read_back_is_one_in_a_number(
    monkeypatch: pytest.MonkeyPatch, text: str, number: int
) -> None:
    assert (read_settings().deliveries, read_settings().read_back) == (4, 20)
    monkeypatch.setenv("SURAL_READ_BACK", text)
    assert read_settings().read_back == number


def test_refused_responses_are_kept_for_30_days_and_10_000_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (read_settings().refused_days, read_settings().refused_rows) == (30, 10_000)
    monkeypatch.setenv("SURAL_REFUSED_DAYS", "7")
    monkeypatch.setenv("SURAL_REFUSED_ROWS", "50")
    assert (read_settings().refused_days, read_settings().refused_rows) == (7, 50)


def test_totals_are_quantities_and_no_screening_is_written_unless_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (read_settings().score_value, read_settings().quality_codes) == ("quantity", None)
    monkeypatch.setenv("SURAL_SCORE_VALUE", "integer")
    monkeypatch.setenv("SURAL_QUALITY_CODES", "adult")
    assert (read_settings().score_value, read_settings().quality_codes) == ("integer", "adult")


def test_the_numbers_of_the_operator_reach_the_texts_for_patients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURAL_CRISIS_LINE", "116 123")
    monkeypatch.setenv("SURAL_EMERGENCY_NUMBER", "999")
    monkeypatch.setenv("SURAL_TEXT_NUMBER", "85258")
    assert make_contacts(read_settings()) == Contacts("116 123", "999", "85258", None)


def test_without_a_variable_each_setting_has_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    assert read_settings() == read_environment() == Settings()


def test_the_secret_of_notifications_is_not_shown() -> None:
    assert "secret-of" not in repr(Settings(notify_secret="secret-of-the-notifications"))


@pytest.mark.parametrize(
    ("base", "url"),
    [(None, "http://127.0.0.1:8080/notify"), ("https://a.example/x/fhir/", "https://a.example/x/notify")],
)
def test_the_address_for_notifications_is_beside_the_interface(base: str | None, url: str) -> None:
    assert Settings(base_url=base).notify_url == url


def test_without_such_a_base_there_is_no_address_for_notifications() -> None:
    assert Settings(base_url="https://a.example/r4").notify_url is None


def test_responses_are_picked_up_only_if_a_server_and_a_way_are_set() -> None:
    server = "http://fhir.example"
    assert not Settings(fhir_server=server).picks_up
    assert not Settings(pull_seconds=60, notify_secret="x").picks_up
    assert Settings(fhir_server=server, pull_seconds=60).picks_up
    assert Settings(fhir_server=server, notify_secret="x").picks_up
