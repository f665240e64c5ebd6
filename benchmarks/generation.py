"""Greedy answers: Assay against lm-evaluation-harness on the same prompts and weights.

200 prompts, half of them unrelated and of 5 to 200 words, half with a preamble of examples in common. Both
programs get plain prompts (no chat template), answer with at most 64 tokens and stop at the end token only.
Batches change the last bits of a sum, so that near-ties may be chosen otherwise, by the peer's own batches too.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
PEER = HERE / ".peer" / "bin" / "python"
PROMPTS = 200
BATCH_SIZES = ("1", "8", "32", "64")
PLACES = (
    "the library",
    "a bakery in the old town",
    "the night train",
    "our school",
    "the harbour",
    "a small clinic",
)
PERSONS = ("A carpenter", "The new neighbour", "My aunt", "A tired engineer", "The gardener", "An old teacher")
DEEDS = (
    "found a letter that nobody had opened",
    "asked why the clock was always late",
    "planted three apple trees behind the wall",
    "wrote down every colour of the evening sky",
    "lost a key and found two others",
    "measured the bridge with a piece of string",
    "told a story about a river that ran uphill",
)
QUESTIONS = (
    "Where is it usually cold in July?",
    "Which animal sleeps standing up?",
    "What do you need to bake bread?",
    "How many legs do three spiders have?",
    "Why is the sea salty?",
    "Which colour do you get from blue and yellow?",
    "What does a compass show?",
)
PREAMBLE = "Answer each question in one short sentence.\n\n" + "".join(
    f"Question: {question}\nAnswer: {answer}\n\n"
    for question, answer in (
        ("What is a violin made of?", "A violin is made mostly of wood, with strings of metal or gut."),
        ("Who repairs shoes?", "A cobbler repairs shoes, and often bags and belts as well."),
        ("Why do leaves fall in autumn?", "Trees drop their leaves to save water when days grow short."),
        ("What is a lighthouse for?", "A lighthouse shows ships at night where the coast is."),
        ("How does a kite stay up?", "The wind pushes against its tilted surface and lifts it."),
        ("What do bees collect?", "Bees collect nectar and pollen, and make honey from the nectar."),
    )
)


def prompts(count: int) -> list[str]:
    """The first ``count`` prompts: in turn one of its own and one that begins with the preamble."""
    generator = random.Random(0)
    return [_alone(generator) if number % 2 == 0 else _shared(generator, number) for number in range(count)]


def _alone(generator: random.Random) -> str:
    """Sentences of 5 to 200 words in all, cut off wherever that is."""
    length, words = generator.randint(5, 200), list[str]()
    while len(words) < length:
        sentence = f"{generator.choice(PERSONS)} from {generator.choice(PLACES)} {generator.choice(DEEDS)}."
        words += sentence.split()
    return " ".join(words[:length])


def _shared(generator: random.Random, number: int) -> str:
    person, place = generator.choice(PERSONS), generator.choice(PLACES)
    return f"{PREAMBLE}Question: {person} in {place} asks ({number}): {generator.choice(QUESTIONS)}\nAnswer:"


def timed(python: Path, script: str, requests: Path, *options: str) -> tuple[float, list[str]]:
    """Processor seconds and texts of one program."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "texts.json"
        subprocess.run([python, HERE / script, requests, out, *options], check=True)
        result = json.loads(out.read_text(encoding="utf-8"))
    return result["seconds"], result["texts"]


def same(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """How many texts are equal."""
    return sum(a == b for a, b in zip(ours, theirs, strict=True))


def main() -> None:
    """Run both and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=PROMPTS)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--batch-size", action="append", help="of the peer, or auto; repeat for several")
    arguments = parser.parse_args()
    sizes = arguments.batch_size or BATCH_SIZES
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(prompts(arguments.prompts), file)
        file.flush()
        requests = Path(file.name)
        ours, texts = timed(Path(sys.executable), "generate_ours.py", requests, arguments.dtype)
        runs = [(*timed(PEER, "generate_peer.py", requests, arguments.dtype, size), size) for size in sizes]
    print(f"{arguments.prompts} prompts, 64 new tokens, {arguments.dtype}, processor seconds")
    print(f"assay                        {ours:8.1f}")
    for seconds, theirs, size in runs:
        print(f"lm-evaluation-harness, {size:>4}  {seconds:8.1f}   {same(texts, theirs)} texts identical")
    best, _, size = min(runs, key=lambda run: run[0])
    print(f"ratio to its best ({size:>4})     {best / ours:8.2f}")
    for _, theirs, size in runs[1:]:
        print(f"its batch size {size} against {runs[0][2]}: {same(runs[0][1], theirs)} texts identical")


if __name__ == "__main__":
    main()
