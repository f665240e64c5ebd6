"""A small server that speaks the protocol and misbehaves on cue. Its models are made of checksums."""

import json
import re
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODELS, COMPLETIONS, CHAT = PATHS = ("/v1/models", "/v1/completions", "/v1/chat/completions")
Misdeed = Callable[["Handler"], None]


class Scripted(ThreadingHTTPServer):
    """Serves ``model``; the next requests for a path meet ``misdeeds[path]`` first, one each."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.model, self.names = "first", ["toy"]
        self.chats, self.echoes = True, True
        self.start, self.special = "", ""
        self.misdeeds: dict[str, list[Misdeed]] = {}
        self.swap_after: int | None = None
        self.dies_after: int | None = None
        self.echoes_until: int | None = None
        self.noisy = False
        self.seen: list[tuple[str, Any]] = []
        self.headers_seen: list[dict[str, str]] = []
        self.times: list[float] = []
        self.under_way = self.most_under_way = 0
        self.seconds = 0.0
        self.lock, self.ended = threading.Lock(), threading.Event()

    def handle_error(self, *_: object) -> None:
        """Clients that hang up are what these tests are about."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def asked(self, path: str) -> int:
        """How many requests came for a path."""
        return sum(seen == path for seen, _ in self.seen)

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if self.swap_after is not None and len(self.seen) > self.swap_after:
            self.model = "second"
        if path == MODELS:
            return {"data": [{"id": name} for name in self.names]}
        if path == CHAT:
            return {"choices": [{"message": {"content": " " + self.text(body, body["messages"][0]["content"])}}]}
        choice: dict[str, Any] = {"text": " " + self.text(body, body["prompt"])}
        stopped = self.echoes_until is not None and len(self.seen) > self.echoes_until
        if body.get("echo") and self.echoes and not stopped:
            choice["logprobs"] = echoed(self.model, body["prompt"], self.start, self.special)
        return {"choices": [choice]}

    def text(self, body: dict[str, Any], prompt: str) -> str:
        told = [self.model, prompt, body["temperature"] and body.get("seed"), self.noisy and len(self.seen)]
        return f"answer {zlib.crc32(json.dumps(told).encode())}"


def nats(model: str, before: str, token: str) -> float:
    return -1 - zlib.crc32(f"{model}|{before}|{token}".encode()) % 1000 / 500


def echoed(model: str, prompt: str, start: str, special: str) -> dict[str, Any]:
    """Words as tokens, a ``special`` one where it stands, and one generated word behind them."""
    first = [special] if special and prompt.startswith(special) else []
    words = [*first, *re.findall(r"\s*\S+|\s+$", prompt.removeprefix(special)), " more"]
    tokens, numbers, offsets, before = ([start], [None], [0], start) if start else ([], [], [], "")
    for word in words:
        offsets.append(len(before))
        tokens.append(word)
        numbers.append(nats(model, before.removeprefix(start), word) if before else None)
        before += word
    return {"tokens": tokens, "token_logprobs": numbers, "text_offset": offsets}


class Handler(BaseHTTPRequestHandler):
    """Counts, misbehaves if it must, answers."""

    protocol_version = "HTTP/1.1"
    server: Scripted

    def do_GET(self) -> None:
        self.handle_one({})

    def do_POST(self) -> None:
        self.handle_one(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def handle_one(self, body: dict[str, Any]) -> None:
        server = self.server
        with server.lock:
            server.seen.append((self.path, body))
            server.headers_seen.append(dict(self.headers))
            server.times.append(time.monotonic())
            server.under_way += 1
            server.most_under_way = max(server.most_under_way, server.under_way)
            waiting = server.misdeeds.get(self.path, [])
            misdeed = waiting.pop(0) if waiting else None
        try:
            time.sleep(server.seconds)
            if server.dies_after is not None and len(server.seen) > server.dies_after:
                self.send(503, {"error": {"message": "gone"}})
            elif misdeed:
                misdeed(self)
            elif self.path not in PATHS or (self.path == CHAT and not server.chats):
                self.send(404, {"error": {"message": "no such path"}})
            else:
                self.send(200, server.answer(self.path, body))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with server.lock:
                server.under_way -= 1

    def send(
        self, status: int, answer: Any, kind: str = "application/json; charset=utf-8", **headers: str
    ) -> None:
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def status(code: int, message: str = "planted", **headers: str) -> Misdeed:
    return lambda handler: handler.send(code, {"error": {"message": message}}, **headers)


def sends(answer: Any, kind: str = "application/json") -> Misdeed:
    return lambda handler: handler.send(200, answer, kind)


def cut_short(handler: Handler) -> None:
    """Half of a body, then the end of the connection."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [{"mess')
    handler.close_connection = True


def hangs(handler: Handler) -> None:
    handler.server.ended.wait(5)
    handler.close_connection = True


def drips(handler: Handler) -> None:
    """A byte now and then: each is in time, the whole is not."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    while not handler.server.ended.wait(0.05):
        handler.wfile.write(b" ")


def hangs_up(handler: Handler) -> None:
    handler.close_connection = True
    handler.connection.close()


@contextmanager
def serving() -> Iterator[Scripted]:
    server = Scripted()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
