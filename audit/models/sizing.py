"""What suits a model on this machine: threads, tokens at once, kind of products; measured once, then remembered.

Remembered because batches of another size move scores by about a millionth: runs that share a cache folder repeat.
"""

import json
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from audit.disk import write_whole
from audit.models.bf16x3 import drop_bf16x3, is_faster, layers_of, use_bf16x3
from audit.models.memory import free_memory

TOKENS = (2048, 1024, 512)
"""Tokens in one forward pass that are tried, the one that suits most models first."""
USUAL = 1024
"""Tokens in one forward pass of a model that cannot be measured, and where kinds of products are compared."""
ROW = 32
WORTH_IT = 0.75
"""Another choice is taken only when it needs at most this share of the time, so that noise does not decide."""
SECONDS = 3.0
"""Measuring takes about this long at most."""
SHARE_OF_MEMORY = 4
"""A forward pass may take a fourth of the memory that is free, and so may the weights in another form."""
MOVES = 1e-4
"""The share of the norm of a model's states that another kind of products may move them."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """Threads of the arithmetic, tokens in one forward pass, and whether products are made of three (bf16x3)."""

    threads: int
    tokens: int
    bf16x3: bool = False


def keep_sizing(model: Any, tokens: int | None, name: str, file: Path, *, strict: bool = False) -> Sizing:
    """Prepare ``model`` and set its threads; the sizing is remembered in ``file`` under ``name``, or measured.

    With ``tokens`` these are not measured. A ``strict`` model keeps its products.
    """
    known = _read(file)
    sizing = _sizing(known.get(name))
    if sizing is None:
        sizing = _measured(model, strict)
        known[name] = asdict(sizing)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(known, indent=1) + "\n")
    torch.set_num_threads(sizing.threads)
    if sizing.bf16x3:
        use_bf16x3(model)
    return sizing if tokens is None else replace(sizing, tokens=tokens)


def _measured(model: Any, strict: bool) -> Sizing:
    """What was measured; the usual sizing for an architecture that takes no arbitrary tokens."""
    threads = torch.get_num_threads()
    try:
        sizing = measure(model)
        return sizing if strict else replace(sizing, bf16x3=gains_from_bf16x3(model))
    except (MemoryError, RuntimeError, ValueError, TypeError, AttributeError, IndexError, NotImplementedError):
        return Sizing(threads, USUAL)


def measure(model: Any) -> Sizing:
    """The fastest of a few threads and sizes, by forward passes over arbitrary tokens; within SECONDS."""
    threads = fastest_threads(model)
    torch.set_num_threads(threads)
    most = max(ROW, free_memory() // (SHARE_OF_MEMORY * bytes_of_token(model)))
    if most < TOKENS[0]:
        return Sizing(threads, int(most))
    if _least_seconds(model, ROW * 8) * TOKENS[0] / (ROW * 8) > SECONDS:
        return Sizing(threads, TOKENS[0])  # a large model, for which no second size would be tried
    started = time.perf_counter()
    best, best_time = TOKENS[0], seconds_of_pass(model, TOKENS[0]) / TOKENS[0]
    for tokens in TOKENS[1:]:
        expected = best_time * tokens
        if tokens <= most and time.perf_counter() - started + expected < SECONDS:
            each = seconds_of_pass(model, tokens) / tokens
            if each < WORTH_IT * best_time:
                best, best_time = tokens, each
    return Sizing(threads, best)


def gains_from_bf16x3(model: Any) -> bool:
    """Whether three products make the model faster, find room in memory, and leave its states as they are."""
    weights = sum(weight.numel() * weight.element_size() for weight in model.parameters())
    if weights > free_memory() // SHARE_OF_MEMORY or not is_faster():
        return False
    # More rows tell more, where there is time for them.
    tokens = USUAL if _least_seconds(model, ROW * 8) < SECONDS / 8 else ROW * 8
    usual, usual_time = states_of_arbitrary_tokens(model, ROW * 8), _least_seconds(model, tokens)
    use_bf16x3(model)
    try:
        moved = states_of_arbitrary_tokens(model, ROW * 8) - usual
        same = bool(layers_of(model)) and float(moved.norm()) <= MOVES * float(usual.norm())
        return same and _least_seconds(model, tokens) < usual_time
    finally:
        drop_bf16x3(model)


def _least_seconds(model: Any, tokens: int) -> float:
    return min(seconds_of_pass(model, tokens) for _ in range(2))


def fastest_threads(model: Any) -> int:
    """The library's choice or one thread for each processor this process may use, whichever is faster."""
    default = torch.get_num_threads()
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if "OMP_NUM_THREADS" in os.environ or allowed == default:
        return default
    times = {}
    for threads in (default, allowed):
        torch.set_num_threads(threads)
        times[threads] = _least_seconds(model, ROW * 8)
    return allowed if times[allowed] < WORTH_IT * times[default] else default


def seconds_of_pass(model: Any, tokens: int) -> float:
    """Seconds of one forward pass over ``tokens`` arbitrary tokens in rows of ROW, without the output head."""
    started = time.perf_counter()
    states = states_of_arbitrary_tokens(model, tokens)
    float(states[0].flatten()[0])  # a GPU has only then finished
    return time.perf_counter() - started


@torch.inference_mode()
def states_of_arbitrary_tokens(model: Any, tokens: int) -> torch.Tensor:
    """The states before the output head of ``tokens`` arbitrary tokens, always the same ones, in rows of ROW."""
    body = model.get_encoder() if model.config.is_encoder_decoder else model.base_model
    words = model.get_input_embeddings().weight.shape[0]
    device = next(model.parameters()).device
    ids = torch.randint(words, (max(1, tokens // ROW), ROW), generator=torch.Generator().manual_seed(0))
    states: torch.Tensor = body(input_ids=ids.to(device), attention_mask=torch.ones_like(ids).to(device))[0]
    return states


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


def _sizing(known: Any) -> Sizing | None:
    """What was remembered; None where nothing was, or somebody changed the file."""
    try:
        return Sizing(max(1, int(known["threads"])), max(ROW, int(known["tokens"])), bool(known["bf16x3"]))
    except (KeyError, TypeError, ValueError):
        return None
