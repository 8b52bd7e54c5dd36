"""The settings: defaults, and refusals that name what is wrong."""

import pytest

from service.settings import WrongSetting, read_settings


def test_without_anything_set_the_service_is_on_this_machine_alone() -> None:
    settings = read_settings()
    assert (settings.host, settings.port, settings.database) == ("127.0.0.1", 8080, "sqlite:///var/sural.db")
    assert settings.base == "http://127.0.0.1:8080/fhir"
    assert settings.fhir_server is None


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SURAL_HOST", "0.0.0.0", "SURAL_AUTH=open"),  # noqa: S104 the very thing that is refused
        ("SURAL_AUTH", "none", "SURAL_AUTH"),
        ("SURAL_PORT", "http", "SURAL_PORT"),
        ("SURAL_FHIR_SERVER", "fhir.example", "SURAL_FHIR_SERVER"),
        ("SURAL_BASE_URL", "sural", "SURAL_BASE_URL"),
    ],
)
def test_what_cannot_work_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting, match=complaint):
        read_settings()


def test_opening_it_to_a_network_must_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURAL_HOST", "0.0.0.0")  # noqa: S104 with the word that allows it
    monkeypatch.setenv("SURAL_AUTH", "open")
    assert read_settings().auth == "open"


def test_profiles_are_named_by_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURAL_PROFILES", "Observation=http://a.example/p,Task=http://a.example/t")
    assert read_settings().profiles == {"Observation": "http://a.example/p", "Task": "http://a.example/t"}
