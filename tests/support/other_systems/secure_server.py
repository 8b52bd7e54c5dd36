"""Servers with TLS on loopback, and the certificate authority of the tests that signs for them."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOKEN = {"access_token": "t-1", "token_type": "bearer", "expires_in": 300}


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclass
class Authority:
    """A certificate authority. ``file`` has its certificate in PEM."""

    folder: Path
    name: str = "authority"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        self.file = self.folder / f"{self.name}.pem"
        signed = self.begin(named(self.name), self.key, timedelta(days=30))
        signed = signed.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.write(self.file, signed)

    def begin(self, subject: x509.Name, key: Any, lifetime: timedelta) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(named(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + lifetime)
        )

    def write(self, file: Path, builder: x509.CertificateBuilder, key: Any = None) -> None:
        signed = builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        file.write_bytes(b"" if key is None else key.private_bytes(serialization.Encoding.PEM, form, none))
        with file.open("ab") as written:
            written.write(signed)

    def certify(self, address: str = "127.0.0.1", lifetime: timedelta = timedelta(days=1)) -> Path:
        """A file with a key and its certificate for this address, which ends after this lifetime."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        file = self.folder / f"{self.name}-server.pem"
        self.write(file, self.begin(named("server"), key, lifetime).add_extension(names, critical=False), key)
        return file


@dataclass
class SecureServer:
    """A server that answers with one JSON object; ``received`` are path and Authorization of each request."""

    base: str = ""
    status: int = 200
    content: dict[str, Any] = field(default_factory=lambda: {"resourceType": "Bundle", **TOKEN})
    received: list[tuple[str, str | None]] = field(default_factory=list)


@contextmanager
def secure_server(
    certificate: Path, newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED
) -> Iterator[SecureServer]:
    """Runs a server with this certificate on a free port of the loopback address."""
    made = SecureServer()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

        def do_GET(self) -> None:
            made.received.append((self.path, self.headers.get("Authorization")))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.dumps(made.content).encode()
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 the name that the library calls

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that does not trust the certificate ends the connection."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Quiet(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        made.base = f"https://127.0.0.1:{server.server_address[1]}"
        yield made
        server.shutdown()
        thread.join(5)
