"""How many threads and how many tokens at once suit a model on this machine: measured once, then remembered.

Remembered because batches of another size move scores by about a millionth: runs that share a cache folder repeat.
"""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from audit.disk import write_whole
from audit.models.memory import free_memory

TOKENS = (1024, 512, 2048)
"""Tokens in one forward pass that are tried, the one that suits most models first."""
ROW = 32
WORTH_IT = 0.75
"""Another choice is taken only when it needs at most this share of the time, so that noise does not decide."""
SECONDS = 3.0
"""Measuring takes about this long at most."""
SHARE_OF_MEMORY = 4
"""A forward pass may take a fourth of the memory that is free."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """Threads of the arithmetic, and tokens in one forward pass."""

    threads: int
    tokens: int


def keep_sizing(model: Any, tokens: int | None, name: str, file: Path) -> Sizing:
    """Set the threads for ``model``; the sizing is remembered in ``file`` under ``name``, or measured.

    With ``tokens`` nothing is measured.
    """
    if tokens is not None:
        return Sizing(torch.get_num_threads(), tokens)
    known = _read(file)
    if name not in known:
        known[name] = asdict(_measured(model))
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(known, indent=1) + "\n")
    sizing = _sizing(known[name])
    torch.set_num_threads(sizing.threads)
    return sizing


def _measured(model: Any) -> Sizing:
    """What was measured; the usual sizing for an architecture that takes no arbitrary tokens."""
    threads = torch.get_num_threads()
    try:
        return measure(model)
    except (MemoryError, RuntimeError, ValueError, TypeError, AttributeError, IndexError, NotImplementedError):
        return Sizing(threads, TOKENS[0])


def measure(model: Any) -> Sizing:
    """The fastest of a few threads and sizes, by forward passes over arbitrary tokens; within SECONDS."""
    threads = fastest_threads(model)
    torch.set_num_threads(threads)
    most = max(ROW, free_memory() // (SHARE_OF_MEMORY * bytes_of_token(model)))
    if most < TOKENS[0]:
        return Sizing(threads, int(most))
    seconds_of_pass(model, ROW * 8)  # the first pass of all is slower
    started = time.perf_counter()
    best, best_time = TOKENS[0], seconds_of_pass(model, TOKENS[0]) / TOKENS[0]
    for tokens in TOKENS[1:]:
        expected = best_time * tokens
        if tokens <= most and time.perf_counter() - started + expected < SECONDS:
            each = seconds_of_pass(model, tokens) / tokens
            if each < WORTH_IT * best_time:
                best, best_time = tokens, each
    return Sizing(threads, best)


def fastest_threads(model: Any) -> int:
    """The library's choice or one thread for each processor this process may use, whichever is faster."""
    default = torch.get_num_threads()
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if "OMP_NUM_THREADS" in os.environ or allowed == default:
        return default
    times = {}
    for threads in (default, allowed):
        torch.set_num_threads(threads)
        times[threads] = min(seconds_of_pass(model, ROW * 8) for _ in range(2))
    return allowed if times[allowed] < WORTH_IT * times[default] else default


@torch.inference_mode()
def seconds_of_pass(model: Any, tokens: int) -> float:
    """Seconds of one forward pass over ``tokens`` arbitrary tokens in rows of ROW, without the output head."""
    body = model.get_encoder() if model.config.is_encoder_decoder else model.base_model
    words = model.get_input_embeddings().weight.shape[0]
    device = next(model.parameters()).device
    ids = torch.randint(words, (max(1, tokens // ROW), ROW), generator=torch.Generator().manual_seed(0))
    started = time.perf_counter()
    states = body(input_ids=ids.to(device), attention_mask=torch.ones_like(ids).to(device))
    float(states[0].flatten()[0])  # a GPU has only then finished
    return time.perf_counter() - started


def bytes_of_token(model: Any) -> int:
    """Roughly the memory that a token takes on its way through a layer."""
    config = model.config.get_text_config()
    hidden = int(getattr(config, "hidden_size", 0) or getattr(config, "dim", 0) or 1024)
    inner = int(getattr(config, "intermediate_size", 0) or 4 * hidden)
    return 4 * (8 * hidden + 3 * inner)


def bytes_of_answer_token(model: Any) -> int:
    """Memory that the keys and values of one token take in all layers."""
    config = model.config.get_text_config()
    layers, heads = (int(getattr(config, n, 0) or 0) for n in ("num_hidden_layers", "num_attention_heads"))
    hidden = int(getattr(config, "hidden_size", 0) or 0)
    own = int(getattr(config, "num_key_value_heads", 0) or heads)
    size = int(getattr(config, "head_dim", 0) or (hidden // heads if heads else 0))
    element = next(model.parameters()).element_size()
    return max(1, 2 * layers * own * size * element) if layers and size else 1 << 20


def _read(file: Path) -> dict[str, Any]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _sizing(known: Any) -> Sizing:
    try:
        return Sizing(max(1, int(known["threads"])), max(ROW, int(known["tokens"])))
    except (KeyError, TypeError, ValueError):  # somebody changed the file
        return Sizing(torch.get_num_threads(), TOKENS[0])
