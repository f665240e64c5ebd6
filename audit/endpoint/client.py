"""Many requests to one server: several at once, not faster than asked, and again where that may help."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

from audit.endpoint.address import Address
from audit.endpoint.http import Connections, ExchangeError
from audit.errors import EndpointError

A = TypeVar("A")
B = TypeVar("B")
KEPT = "What was answered is kept: the same command goes on where it was."
LONGEST_PAUSE = 30.0
LONGEST_RETRY_AFTER = 600.0
REFUSALS = frozenset({400, 413, 422})
"""Statuses that speak of one request rather than of the server."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How an endpoint is asked; none of it changes an answer. ``timeout`` (s) bounds one whole exchange.

    ``pause`` (s) is the first pause before a repetition; each further one doubles it, so that eight attempts span
    about a minute, the window of most rate limits.
    """

    concurrency: int = 8
    requests_per_minute: int | None = None
    attempts: int = 8
    timeout: float = 120.0
    pause: float = 0.5


class RefusedError(EndpointError):
    """The server will not answer this very request (too long, not allowed); others it may."""

    def __init__(self, message: str, status: int, code: str) -> None:
        super().__init__(message, status)
        self.code = code


class Client:
    """A server that is asked with patience. ``key`` goes into a header and nowhere else."""

    def __init__(self, address: Address, pace: Pace, key: str = "") -> None:
        if not (key.isascii() and key.isprintable()):
            raise EndpointError("ASSAY_API_KEY holds characters that no header can carry: set it again.")
        self.pace = pace
        self._address, self._connections = address, Connections(address, key, pace.timeout)
        self._jitter = random.Random()
        self._turn, self._free_at = threading.Lock(), 0.0
        self._stop = threading.Event()

    def get(self, path: str, read: Callable[[dict[str, Any]], A]) -> A:
        """What ``read`` makes of the answer to a GET."""
        return self._patiently(lambda: read(self._connections.exchange("GET", path)))

    def post(self, path: str, body: dict[str, Any], read: Callable[[dict[str, Any]], A]) -> A:
        """What ``read`` makes of the answer; it raises ExchangeError for an answer that is worth another attempt.

        Raises RefusedError when only this request is at fault, and EndpointError when the server is.
        """
        return self._patiently(lambda: read(self._connections.exchange("POST", path, body)))

    def each(self, ask: Callable[[A], B], requests: Sequence[A]) -> list[B]:
        """``ask`` of each request, in order, at most ``pace.concurrency`` at once; the first error ends all."""
        self._stop = threading.Event()
        self._connections.open()
        with ThreadPoolExecutor(self.pace.concurrency, thread_name_prefix="endpoint") as pool:
            futures = [pool.submit(ask, request) for request in requests]
            try:
                for future in wait(futures, return_when=FIRST_EXCEPTION).done:
                    future.result()
                return [future.result() for future in futures]
            except BaseException:  # an interrupt too: nobody waits for answers that nobody will read
                self._stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                self._connections.cut()
                raise

    def _patiently(self, exchange: Callable[[], A]) -> A:
        attempt = 1
        while True:
            self._wait_for_turn()
            try:
                return exchange()
            except ExchangeError as fault:
                if not fault.again or attempt >= self.pace.attempts:
                    raise self._gives_up(fault, attempt) from None
                self._pause(fault, attempt)
            attempt += 1

    def _wait_for_turn(self) -> None:
        """Until the next request may start: requests are spread evenly over the minute."""
        rate = self.pace.requests_per_minute
        with self._turn:
            start = max(time.monotonic(), self._free_at)
            self._free_at = start + 60 / rate if rate else self._free_at
        self._sleep(start - time.monotonic())

    def _pause(self, fault: ExchangeError, attempt: int) -> None:
        """Exponential back-off with jitter; at least what the server asks for, and then for all requests.

        Source: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/.
        """
        longest = min(LONGEST_PAUSE, self.pace.pause * 2 ** (attempt - 1))
        seconds = self._jitter.uniform(longest / 2, longest)
        if fault.wait is not None:
            if fault.wait > LONGEST_RETRY_AFTER:
                raise self._gives_up(fault, attempt, f" and asks to wait {fault.wait:.0f} s")
            seconds += fault.wait
            with self._turn:
                self._free_at = max(self._free_at, time.monotonic() + fault.wait)
        self._sleep(seconds)

    def _sleep(self, seconds: float) -> None:
        if self._stop.wait(max(0.0, seconds)):
            raise EndpointError(f"{self._address.url} is asked no further.")

    def _gives_up(self, fault: ExchangeError, attempt: int, more: str = "") -> EndpointError:
        times = f" ({attempt} attempts)" if attempt > 1 else ""
        said = f"{self._address.url} {fault.what}{more}{times}"
        if fault.status in REFUSALS:
            return RefusedError(f"{said}.", fault.status, fault.code)
        return EndpointError(f"{said}. {KEPT}", fault.status)
