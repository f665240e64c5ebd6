"""Serve a model on this machine the OpenAI way, to try an audit of an endpoint: completions, echo, chat.

    python examples/serve/serve.py demo --port 8000
    assay run http://127.0.0.1:8000/v1 --limit 4

It listens on 127.0.0.1 only, answers one request at a time and is no server for production.
"""

import json
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import click
import torch

from audit.models.generation import generate_tokens
from audit.models.load import load
from audit.models.scoring.normaliser import log_normaliser
from audit.target.open import open_target

LARGEST_BODY = 2**20


class Model:
    """A causal language model; its forward passes come one after another."""

    def __init__(self, given: str) -> None:
        target = open_target(given)
        self.name = target.name
        self._model, self._tokenizer = load(target, "float32", "cpu")
        self._lock = threading.Lock()

    def complete(self, request: dict[str, Any]) -> dict[str, Any]:
        """One completion; with ``echo`` and ``logprobs`` the prompt's tokens too."""
        prompt = str(request["prompt"])
        choice: dict[str, Any] = {"index": 0, "finish_reason": "length"}
        if request.get("echo") and request.get("logprobs") is not None:
            if int(request.get("max_tokens", 16)) > 1:
                raise ValueError("log-probabilities of a prompt come with at most one more token")
            choice["text"], choice["logprobs"] = prompt, self._prompt_log_probabilities(prompt)
        else:
            choice["text"] = self._answer(self._tokenizer(prompt)["input_ids"], request)
        return {"object": "text_completion", "model": self.name, "choices": [choice]}

    def chat(self, request: dict[str, Any]) -> dict[str, Any]:
        """One answer to a conversation."""
        text = self._tokenizer.apply_chat_template(request["messages"], tokenize=False, add_generation_prompt=True)
        ids = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        message = {"role": "assistant", "content": self._answer(ids, request)}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        return {"object": "chat.completion", "model": self.name, "choices": [choice]}

    def _answer(self, ids: Sequence[int], request: dict[str, Any]) -> str:
        limit, temperature = int(request.get("max_tokens", 16)), float(request.get("temperature", 1.0))
        with self._lock:
            (answer,) = generate_tokens(self._model, [ids], limit, temperature, [int(request.get("seed") or 0)])
        return str(self._tokenizer.decode(answer, skip_special_tokens=True))

    def _prompt_log_probabilities(self, prompt: str) -> dict[str, Any]:
        encoded = self._tokenizer(prompt, return_offsets_mapping=True)
        ids, spans = encoded["input_ids"], encoded["offset_mapping"]
        with self._lock, torch.inference_mode():
            logits = self._model(input_ids=torch.tensor([ids])).logits[0, :-1]
        of_tokens = logits.gather(1, torch.tensor(ids[1:], dtype=torch.long)[:, None])[:, 0].double()
        of_tokens -= log_normaliser(logits)
        return {
            "tokens": _texts(prompt, spans),
            "token_logprobs": [None, *of_tokens.tolist()],  # nothing precedes the first token
            "text_offset": [start for start, _ in spans],
        }


class Handler(BaseHTTPRequestHandler):
    """The four paths of the protocol that an audit needs."""

    protocol_version = "HTTP/1.1"
    model: Model

    def do_GET(self) -> None:
        """The list of models."""
        if self.path == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": self.model.name, "object": "model"}]})
        else:
            self._send(404, {"error": {"message": f"there is nothing at {self.path}"}})

    def do_POST(self) -> None:
        """A completion or a chat answer."""
        answer = {"/v1/completions": self.model.complete, "/v1/chat/completions": self.model.chat}.get(self.path)
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), LARGEST_BODY))
        if answer is None:
            return self._send(404, {"error": {"message": f"there is nothing at {self.path}"}})
        try:
            return self._send(200, answer(json.loads(body)))
        except (ValueError, KeyError, TypeError, IndexError, RuntimeError) as error:
            return self._send(400, {"error": {"message": f"{type(error).__name__}: {error}"}})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Say nothing."""

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _texts(prompt: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    """Each token's text; of tokens that share a character, the last one has it."""
    following = [*spans[1:], (len(prompt), len(prompt))]
    return [
        prompt[start:end] if after != (start, end) else ""
        for (start, end), after in zip(spans, following, strict=True)
    ]


@click.command()
@click.argument("target")
@click.option("--port", default=8000, show_default=True, help="0 takes a free one.")
def main(target: str, port: int) -> None:
    """Serve TARGET (what `assay run` takes) on 127.0.0.1."""
    Handler.model = Model(target)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    click.echo(f"Serving {Handler.model.name} on http://127.0.0.1:{server.server_address[1]}/v1")
    server.serve_forever()


if __name__ == "__main__":
    main()
