"""One exchange with a server: JSON out, JSON in, bounded in time and size.

No redirect is followed, no proxy is used, certificates are verified, and no error repeats the key.
"""

import http.client
import json
import re
import socket
import ssl
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from audit.endpoint.address import Address

LARGEST_BODY = 8 * 2**20
SECONDS_TO_CONNECT = 10.0
LONGEST_QUOTE = 200
AGAIN = frozenset({408, 409, 425, 429})
"""Statuses below 500 that mean: try again."""
STALE = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)


@dataclass(eq=False)
class ExchangeError(Exception):
    """One exchange that failed. ``what`` follows the server's name in a sentence; ``wait`` is its Retry-After."""

    what: str
    again: bool
    status: int = 0
    wait: float | None = None
    code: str = ""


class Connections:
    """Connections to one server, kept open between requests; each serves one request at a time."""

    def __init__(self, address: Address, key: str, timeout: float) -> None:
        self._address, self._key, self._timeout = address, key, timeout
        self._idle: list[http.client.HTTPConnection] = []
        weakref.finalize(self, _close, self._idle)
        self._busy: set[socket.socket] = set()
        self._closed = False
        self._tls = ssl.create_default_context() if address.secure else None

    def exchange(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The JSON object that the server answers with; ExchangeError for anything else."""
        try:
            connection = self._idle.pop()
        except IndexError:
            return self._exchange(self._new(), method, path, body)
        try:
            return self._exchange(connection, method, path, body)
        except STALE:  # the server closed it while it was idle
            return self._exchange(self._new(), method, path, body)

    def open(self) -> None:
        """Take requests again."""
        self._closed = False

    def cut(self) -> None:
        """End whatever is under way, at once, and take no more."""
        self._closed = True
        for sock in list(self._busy):
            shut(sock)

    def _new(self) -> http.client.HTTPConnection:
        host, port = self._address.host, self._address.port
        if self._tls is None:
            return http.client.HTTPConnection(host, port, timeout=SECONDS_TO_CONNECT)
        return http.client.HTTPSConnection(host, port, timeout=SECONDS_TO_CONNECT, context=self._tls)

    def _exchange(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: dict[str, Any] | None
    ) -> dict[str, Any]:
        reused = connection.sock is not None
        late = threading.Event()
        try:
            response, raw = self._send(connection, method, path, body, late)
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            if reused and isinstance(error, STALE) and not late.is_set():
                raise
            raise self._broken(error, late.is_set()) from None
        if response.will_close or not response.isclosed():
            connection.close()
        else:
            self._idle.append(connection)
        return self._read(response, raw)

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        late: threading.Event,
    ) -> tuple[http.client.HTTPResponse, bytes]:
        if connection.sock is None:
            connection.connect()
        sock: socket.socket = connection.sock
        sock.settimeout(self._timeout)
        # A timeout of the socket starts anew with each byte; this one bounds the whole exchange.
        clock = threading.Timer(self._timeout, _end, (late, sock))
        clock.daemon = True
        clock.start()
        self._busy.add(sock)
        if self._closed:  # cut while this connection was made
            shut(sock)
        try:
            content = None if body is None else json.dumps(body).encode()
            connection.request(method, self._address.path + path, content, self._headers())
            response = connection.getresponse()
            raw = response.read(LARGEST_BODY + 1)
            if len(raw) <= LARGEST_BODY:
                raw += response.read(1)  # so that a body of just that size counts as read
            return response, raw
        finally:
            clock.cancel()
            self._busy.discard(sock)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "assay"}
        return headers | ({"Authorization": f"Bearer {self._key}"} if self._key else {})

    def _broken(self, error: Exception, late: bool) -> ExchangeError:
        if late or isinstance(error, TimeoutError):
            return ExchangeError(f"does not answer within {self._timeout:g} s", again=True)
        if isinstance(error, ssl.SSLCertVerificationError):
            return ExchangeError(f"has a certificate that cannot be trusted ({error.verify_message})", again=False)
        if isinstance(error, ConnectionRefusedError):
            return ExchangeError("refuses connections", again=True)
        return ExchangeError(
            f"cannot be reached or broke off ({self._quote(error) or type(error).__name__})", again=True
        )

    def _read(self, response: http.client.HTTPResponse, raw: bytes) -> dict[str, Any]:
        if len(raw) > LARGEST_BODY:
            raise ExchangeError(f"sent more than {LARGEST_BODY // 2**20} MB in one answer", again=False)
        if 300 <= response.status < 400:
            where = self._quote(response.headers.get("Location", "nowhere"))
            raise ExchangeError(f"redirects to {where}, which is not followed: give that address", again=False)
        if response.status != 200:
            raise self._refusal(response, raw)
        kind = response.headers.get_content_type()
        if "json" not in kind:
            raise ExchangeError(f"answered with {self._quote(kind)} where JSON was expected", again=True)
        try:
            answer = json.loads(raw)
        except (ValueError, RecursionError):
            raise ExchangeError("sent JSON that is cut short or malformed", again=True) from None
        if not isinstance(answer, dict):
            raise ExchangeError("sent JSON that is no object", again=True)
        return answer

    def _refusal(self, response: http.client.HTTPResponse, raw: bytes) -> ExchangeError:
        status = response.status
        message, code = _said(raw)
        quoted = f": {self._quote(message)}" if message else ""
        if status in (401, 403):
            quoted += ": set ASSAY_API_KEY to a key that may use this model"
        again = status in AGAIN or status >= 500
        return ExchangeError(f"answered HTTP {status}{quoted}", again, status, _retry_after(response), code)

    def _quote(self, text: object) -> str:
        """What a server said, on one line, short, and without the key."""
        plain = " ".join(str(text).split())
        if self._key:
            plain = plain.replace(self._key, "[key]")
        return "".join(letter for letter in plain if letter.isprintable())[:LONGEST_QUOTE]


def shut(sock: socket.socket) -> None:
    """Wake whoever reads from a socket; under TLS too, where the object must stay intact for its reader."""
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _close(connections: Sequence[http.client.HTTPConnection]) -> None:
    for connection in connections:
        connection.close()


def _end(late: threading.Event, sock: socket.socket) -> None:
    late.set()
    shut(sock)


def _said(raw: bytes) -> tuple[str, str]:
    """Message and code of an error's body, in the forms that are usual."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    error = body.get("error", body)
    if not isinstance(error, dict):
        return str(error), ""
    return str(error.get("message") or error.get("detail") or ""), str(error.get("code") or "")


def _retry_after(response: http.client.HTTPResponse) -> float | None:
    """Seconds to wait, from either form of the header (RFC 9110, 10.2.3)."""
    given = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", given, re.ASCII):
        return float(given)
    try:
        until = parsedate_to_datetime(given)
    except (TypeError, ValueError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
