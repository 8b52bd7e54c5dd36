"""TLS to the FHIR server and to authorization servers: always verified, also with an authority of the site's own.
And what proves to that server who we are, if it gives out no tokens: a password, a fixed token, or nothing.
"""

import base64
import json
import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from service.adapters.authorization.json_exchange import exchange_json
from service.adapters.authorization.server_secret import FixedScheme, WrongSecret, read_server_secret
from service.adapters.database.engine import Database
from service.adapters.exchange import HttpAddress
from service.adapters.fhir_server.client import HttpFhirServer, TimeLimits
from service.cli.serving.lifecycle import logged_process
from service.issues import Unavailable
from service.ports.fhir_server import UNTRUSTED
from service.settings import ServerAuth, Settings, WrongSetting, read_settings, setting_names
from service.wiring import connect_fhir_server, read_issuers
from tests.support.building import NOW
from tests.support.logging import Log
from tests.support.other_systems.issuing import BASE, Issuer, claims, ec_key, issuer_file, public, sign
from tests.support.other_systems.secure_server import Authority, secure_server

LONG = "a-secret-of-the-tests-with-40-characters"
BUNDLE = {"resourceType": "Bundle", "type": "transaction", "entry": []}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def send(base: str, authorities: Path | None) -> tuple[int | None, str]:
    """Status, and why there is none."""
    answer = HttpFhirServer(base, limits=TimeLimits(5, 5), authorities=authorities).transact(BUNDLE)
    return answer.status, answer.problem


def test_an_authority_of_the_site_is_trusted_if_it_is_named(authority: Authority) -> None:
    with secure_server(authority.certify()) as server:
        assert send(server.base, authority.file) == (200, "")
        assert send(server.base, None) == (None, UNTRUSTED)
        assert len(server.received) == 1


@pytest.mark.parametrize(
    "certificate",
    [
        lambda good, other: other.certify(),
        lambda good, other: good.certify(address="192.0.2.1"),
        lambda good, other: good.certify(lifetime=timedelta(days=-1)),
    ],
    ids=["another authority", "another address", "expired"],
)
def test_nothing_else_is_trusted(
    authority: Authority, tmp_path: Path, certificate: Callable[[Authority, Authority], Path]
) -> None:
    with secure_server(certificate(authority, Authority(tmp_path, "other"))) as server:
        assert send(server.base, authority.file) == (None, UNTRUSTED)
        with pytest.raises(Unavailable):
            exchange_json(server.base, authorities=authority.file)
        assert not server.received


def test_no_setting_turns_the_check_off(authority: Authority) -> None:
    assert not [name for name in setting_names() if "VERIFY" in name or "INSECURE" in name]
    for authorities in (None, authority.file):
        context = HttpAddress("https://fhir.example", authorities).context
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_every_way_out_uses_the_file_of_the_settings(authority: Authority, tmp_path: Path) -> None:
    """The FHIR server, its token endpoint, and the keys of an issuer, each with a certificate of the site's own."""
    keys = write_keys(tmp_path)
    with secure_server(authority.certify()) as server:
        server.content |= {"keys": [public(ec_key())]}
        settings = Settings(
            fhir_server=f"{server.base}/fhir",
            token_endpoint=f"{server.base}/token",
            client_id="sural",
            client_keys=keys,
            issuers=issuer_file(tmp_path, Issuer(server.base)),
            base_url=BASE,
            ca_file=authority.file,
        )
        assert connect_fhir_server(f"{server.base}/fhir", settings).transact(BUNDLE).status == 200
        found = read_issuers(settings, lambda: NOW)
        assert found is not None
        assert found.prover.prove(sign(claims(NOW.timestamp()))).claims["sub"] == "ehr"
        assert server.received == [("/token", None), ("/fhir", "Bearer t-1"), ("/jwks", None)]


def write_keys(folder: Path) -> Path:
    """A file with a key of ours."""
    file = folder / "keys.json"
    file.write_text(json.dumps({"keys": [ec_key().as_dict(private=True)]}))
    file.chmod(0o600)
    return file


class TestSecret:
    @pytest.mark.parametrize(
        ("kind", "text", "sent"),
        [
            # The credentials are user:password in base64: https://www.rfc-editor.org/rfc/rfc7617#section-2
            ("basic", f"sural:{LONG}", f"Basic {base64.b64encode(f'sural:{LONG}'.encode()).decode()}"),
            ("bearer", LONG, f"Bearer {LONG}"),
        ],
    )
    def test_it_is_sent_with_each_request_and_once_if_it_is_refused(
        self, authority: Authority, tmp_path: Path, kind: ServerAuth, text: str, sent: str
    ) -> None:
        with secure_server(authority.certify()) as server:
            settings = Settings(
                fhir_server=server.base,
                fhir_server_auth=kind,
                fhir_server_secret=secret_file(tmp_path, text),
                ca_file=authority.file,
            )
            client = connect_fhir_server(server.base, settings)
            assert client.transact(BUNDLE).status == 200
            server.status = 401
            assert client.transact(BUNDLE).status == 401
            assert [authorization for _, authorization in server.received] == [sent, sent]
            assert text not in repr(client.tokens)

    @pytest.mark.parametrize(
        ("kind", "text", "mode", "said"),
        [
            ("basic", f"sural:{LONG}", 0o644, "others may read"),
            ("basic", "sural:short", 0o600, "at least 32 bytes"),
            ("basic", LONG, 0o600, "at least 32 bytes"),
            ("basic", f":{LONG}", 0o600, "user:password"),
            ("basic", f"sural:{LONG}\nother", 0o600, "user:password"),
            ("bearer", LONG[:31], 0o600, "at least 32 bytes"),
            ("bearer", f"{LONG} {LONG}", 0o600, "bearer token"),
            ("bearer", "", 0o600, "at least 32 bytes"),
        ],
    )
    def test_one_that_is_not_safe_is_refused_and_not_shown(
        self, tmp_path: Path, kind: FixedScheme, text: str, mode: int, said: str
    ) -> None:
        with pytest.raises(WrongSecret) as caught:
            read_server_secret(secret_file(tmp_path, text, mode), kind)
        assert said in str(caught.value)
        assert not text or text not in str(caught.value)


def secret_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    """A file with a secret and a line feed, as an editor writes it."""
    file = folder / "server-secret"
    file.write_text(f"{text}\n")
    file.chmod(mode)
    return file


class TestStart:
    @pytest.mark.parametrize("auth", ["none", None])
    def test_a_server_without_access_control_is_logged_at_each_start(
        self, sqlite: Database, logged: Log, auth: ServerAuth | None
    ) -> None:
        settings = Settings(fhir_server="http://127.0.0.1:1/fhir", fhir_server_auth=auth)
        for _ in range(2):
            with logged_process("serve", sqlite, settings):
                pass
        told = [line["level"] for line in logged.lines if line["event"] == "fhir_server_without_access_control"]
        assert told == ["warning"] * (2 if auth else 0)

    def test_a_file_without_certificates_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for content in ("", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
            (tmp_path / "ca.pem").write_text(content)
            monkeypatch.setenv("SURAL_CA_FILE", str(tmp_path / "ca.pem"))
            with pytest.raises(WrongSetting, match="SURAL_CA_FILE: must be a file with at least one certificate"):
                read_settings()
