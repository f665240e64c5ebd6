"""Over https: a certificate that nobody vouches for is refused, a trusted one is not."""

import shutil
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from audit.endpoint import protocol
from audit.endpoint.address import parse_address
from audit.endpoint.client import Client, Pace
from audit.errors import EndpointError
from tests.models.endpoint.scripted import MODELS, Scripted, hangs

PACE = Pace(attempts=3, timeout=0.5, pause=0.001)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A fresh certificate for 127.0.0.1 with its key in the same file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command")
    file = tmp_path / "certificate.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *names]
    subprocess.run([*made, "-keyout", tmp_path / "key.pem", "-out", file], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + (tmp_path / "key.pem").read_bytes())
    return file


def secured(server: Scripted, certificate: Path) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return server.url.replace("http:", "https:")


def test_an_unknown_certificate_is_refused_at_once(server: Scripted, certificate: Path):
    client = Client(parse_address(secured(server, certificate)), PACE)
    with pytest.raises(EndpointError, match="a certificate that cannot be trusted") as caught:
        client.get("/models", protocol.model_names)
    assert "attempts" not in str(caught.value)
    assert server.seen == []


def test_a_trusted_one_is_not_and_a_hang_ends_in_time(
    server: Scripted, certificate: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    client = Client(parse_address(secured(server, certificate)), PACE)
    server.misdeeds[MODELS] = [hangs]
    began = time.monotonic()
    assert client.get("/models", protocol.model_names) == ["toy"]
    assert 0.5 <= time.monotonic() - began < 3
