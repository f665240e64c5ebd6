"""Scores requests with Assay: REQUESTS.json OUT.json DTYPE."""

import json
import sys
import tempfile
import time
from pathlib import Path

import torch

from audit.models.asking import Asking
from audit.models.bf16x3 import products_of
from audit.models.causal_lm import CausalLM
from audit.models.load import load
from audit.models.scoring.encode import encode
from audit.models.scoring.trie import Trie, read_by_model, trie_batches
from audit.models.sizing import keep_sizing
from audit.target.open import open_target

SIZE, REPEATS = 2048, 12


def gemm_rate(dtype: str) -> float:
    """The most operations a second that this machine reaches in products of square matrices."""
    a, b = (torch.randn(SIZE, SIZE, dtype=getattr(torch, dtype)) for _ in range(2))
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - started)
    return float(2 * SIZE**3 / min(times))


def distinct_nodes(tokenizer: object, requests: list[tuple[str, str]], at_once: int) -> int:
    """Nodes of the tries of all packs of at most ``at_once`` nodes."""
    ids = read_by_model([encode(tokenizer, *request) for request in requests])
    nodes = 0
    for batch in trie_batches(ids, at_once):
        trie = Trie()
        for index in batch:
            trie.insert(ids[index])
        nodes += len(trie.tokens)
    return nodes


path, out, dtype = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
requests = [tuple(request) for request in json.loads(path.read_text())]
kind = dtype.removesuffix("-strict")
model, tokenizer = load(open_target("demo"), kind, "cpu")
with tempfile.TemporaryDirectory() as folder:
    sizing = keep_sizing(model, None, "demo", Path(folder) / "sizing.json", strict=kind != dtype)
rate = gemm_rate(kind)
lm = CausalLM(lambda: (model, tokenizer), Asking(tokens_of=lambda _: sizing.tokens))
started, clock = time.process_time(), time.perf_counter()
scores = lm.log_likelihood(requests)
seconds, wall = time.process_time() - started, time.perf_counter() - clock
nodes = distinct_nodes(tokenizer, requests, sizing.tokens)
work = nodes * 2 * sum(weights.numel() for weights in model.parameters())
result = {
    "seconds": seconds,
    "scores": scores.tolist(),
    "nodes": nodes,
    "way": lm.way,
    "products": products_of(model),
}
out.write_text(json.dumps({**result, "rate": work / wall, "gemm_rate": rate}))
