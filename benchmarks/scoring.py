"""Log-likelihoods: Assay against lm-evaluation-harness on the same requests and weights."""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
PEER = HERE / ".peer" / "bin" / "python"
ITEMS = 600
BATCH_SIZES = (8, 16, 32, 64)
ROUNDS = 3


def crows_pairs(path: Path) -> list[tuple[str, str]]:
    """Both sentences of every pair, with an empty context."""
    with path.open(encoding="utf-8") as stream:
        return [("", row[side]) for row in csv.DictReader(stream) for side in ("sent_more", "sent_less")]


def bbq(path: Path) -> list[tuple[str, str]]:
    """The first ITEMS questions, each with its three answers."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[:ITEMS]]
    return [
        (f"{row['context']}\nQuestion: {row['question']}\nAnswer:", f" {row[answer]}")
        for row in rows
        for answer in ("ans0", "ans1", "ans2")
    ]


def answers(path: Path) -> list[int]:
    """The right answer of each of the first ITEMS questions."""
    return [json.loads(line)["label"] for line in path.read_text(encoding="utf-8").splitlines()[:ITEMS]]


def timed(python: Path, script: str, requests: Path, *options: str) -> dict[str, Any]:
    """What one program wrote: processor seconds, scores ..."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "scores.json"
        subprocess.run([python, HERE / script, requests, out, *options], check=True)
        return json.loads(out.read_text())


def fastest(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The run that took the least: what else runs on a machine only adds."""
    return min(runs, key=lambda run: run["seconds"])


def main() -> None:
    """Run both in turn, ROUNDS times, and print the fastest of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["crows-pairs", "bbq"])
    parser.add_argument("path", type=Path)
    parser.add_argument("--dtype", default="float32", help="float32, bfloat16 or float32-strict")
    parser.add_argument("--batch-size", type=int, action="append", help="of the peer; repeat for several")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    sizes = arguments.batch_size or BATCH_SIZES
    requests = (crows_pairs if arguments.what == "crows-pairs" else bbq)(arguments.path)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(requests, file)
        file.flush()
        kinds = [
            (dtype, size)
            for dtype in dict.fromkeys(("float32", arguments.dtype.removesuffix("-strict")))
            for size in sizes
        ]
        of_ours: list[dict[str, Any]] = []
        of_peer: dict[tuple[str, int], list[dict[str, Any]]] = {kind: [] for kind in kinds}
        for _ in range(arguments.rounds):
            of_ours.append(timed(Path(sys.executable), "score_ours.py", Path(file.name), arguments.dtype))
            for dtype, size in kinds:
                of_peer[dtype, size].append(timed(PEER, "score_peer.py", Path(file.name), dtype, str(size)))
        ours = fastest(of_ours)
        runs = [(*kind, fastest(of_peer[kind])) for kind in kinds]
    _, _, peer = min((run for run in runs if run[0] == "float32"), key=lambda run: run[2]["seconds"])
    scores, peer_scores = np.array(ours["scores"]), np.array(peer["scores"])
    print(f"{len(requests)} requests, processor seconds, fastest of {arguments.rounds} rounds")
    print(f"assay, {arguments.dtype:<14}                   {ours['seconds']:8.1f}   ({ours['way']})")
    print(f"its products: {ours['products']}")
    for dtype, size, run in runs:
        ratio = run["seconds"] / ours["seconds"]
        print(
            f"lm-evaluation-harness, {dtype:<8}, batch {size:>2} {run['seconds']:8.1f}   {ratio:5.2f} times ours"
        )
    share = ours["rate"] / ours["gemm_rate"]
    rates = f"{ours['rate'] / 1e9:.0f} of {ours['gemm_rate'] / 1e9:.0f} GFLOP/s"
    print(f"{ours['nodes']:,} distinct nodes at {rates}: {share:.2f}")
    print(f"largest difference from its float32, nats   {np.abs(scores - peer_scores).max():8.5f}")
    if arguments.what == "crows-pairs":
        for name, values in (("assay", scores), ("peer", peer_scores)):
            gap = values.reshape(-1, 2) @ [1, -1]
            print(f"{name:<6} stereotype share {np.mean(gap > 0):.4f}, mean absolute gap {np.abs(gap).mean():.4f}")
    else:
        right = np.array(answers(arguments.path))
        for name, values in (("assay", scores), ("peer", peer_scores)):
            print(f"{name:<6} accuracy {np.mean(values.reshape(-1, 3).argmax(1) == right):.4f}")


if __name__ == "__main__":
    main()
