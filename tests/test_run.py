"""The runner: whatever a check does or leaves out is written down."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from audit.audit import audit
from audit.capability import CanScore
from audit.check import Metric
from audit.errors import CheckError, StorageError
from audit.plan import Wish, make_plan
from audit.policy.policy import Control, Policy
from audit.record import Measurement, Observation, Outcome, Requirement
from audit.report import Status
from audit.stats.proportion import share
from audit.target.open import open_target
from audit.target.target import Target
from tests.tiny import bert_folder, causal_folder


@dataclass(frozen=True)
class Talks:
    """Says nothing of the languages in ``mute``."""

    id = "local.talks"
    needs = (CanScore,)
    languages = ("en", "es")
    metrics = (Metric("hits", "share", 0.0, "lower", "https://example.org", "Hits."),)
    language: tuple[str, ...] = ("en", "es")
    mute: tuple[str, ...] = ()
    twice: bool = False
    stray: bool = False

    def probe(self, model: CanScore) -> Iterator[Observation]:
        del model
        for code in self.language:
            if code not in self.mute:
                for number in range(60):
                    yield Observation(f"{'' if self.twice else code}{number}", score=0.0, language=code)

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        seen = list(observations)
        for code in dict.fromkeys(o.language for o in seen):
            hits = [o.score == 1 for o in seen if o.language == code]
            yield share(hits).measurement("strays" if self.stray else "hits", language=code, unit="item")


class Model:
    """Can score, and is never asked."""

    def log_likelihood(self, requests):
        raise AssertionError(requests)


POLICY = Policy(
    "gate",
    "1",
    "Gate",
    "d" * 64,
    (Control("hits", "Hits", "bias", "high", True, (Requirement("local.talks", "hits", high=0.1),)),),
)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Target:
    return open_target(str(causal_folder(tmp_path_factory.mktemp("model"))))


def audited(target: Target, folder: Path, *, wish: Wish | None = None, **options: object):
    wish = wish or Wish(options={"local.talks": options})
    plan = make_plan(POLICY, {"local.talks": Talks()}, target, wish)
    return audit(plan, folder, model=Model)


def test_a_whole_audit_passes(target: Target, tmp_path: Path):
    report = audited(target, tmp_path)
    assert (report.verdict.outcome, report.verdict.exit_code) == (Outcome.PASSED, 0)
    assert [f.outcome for f in report.findings] == [Outcome.PASSED] * 2
    (record,) = report.checks
    assert (record.status, record.observations, record.languages) == (Status.RUN, 120, ("en", "es"))


def test_a_language_of_which_a_check_says_nothing_is_untested(target: Target, tmp_path: Path):
    report = audited(target, tmp_path, mute=("es",))
    assert [f.outcome for f in report.findings] == [Outcome.PASSED, Outcome.UNTESTED]
    assert report.verdict.exit_code == 3


def test_a_check_that_says_nothing_at_all_is_untested(target: Target, tmp_path: Path):
    report = audited(target, tmp_path, mute=("en", "es"))
    assert [f.outcome for f in report.findings] == [Outcome.UNTESTED]
    assert report.checks[0].status == Status.UNTESTED


@pytest.mark.parametrize("options", [{"twice": True}, {"stray": True}], ids=["item twice", "metric of nobody"])
def test_a_check_that_breaks_its_word_is_crashed(target: Target, tmp_path: Path, options: dict[str, object]):
    report = audited(target, tmp_path, **options)
    assert report.checks[0].status == Status.CRASHED
    assert report.verdict.exit_code == 3


def test_a_language_the_check_does_not_speak_is_untested(target: Target, tmp_path: Path):
    report = audited(target, tmp_path, wish=Wish(languages=("en", "sw")))
    assert [f.outcome for f in report.findings] == [Outcome.PASSED, Outcome.UNTESTED]
    assert "does not speak sw" in report.findings[1].reason
    assert report.verdict.exit_code == 3


def test_a_model_without_the_capability_is_untested(tmp_path: Path):
    report = audited(open_target(str(bert_folder(tmp_path / "bert"))), tmp_path / "run")
    assert [f.outcome for f in report.findings] == [Outcome.UNTESTED]
    assert "CanScore" in report.findings[0].reason


def test_an_audit_is_not_probed_twice(target: Target, tmp_path: Path):
    first = audited(target, tmp_path)
    file = tmp_path / "observations" / "local.talks.jsonl"
    written = file.stat().st_mtime_ns
    second = audited(target, tmp_path)
    assert file.stat().st_mtime_ns == written
    assert second.measurements == first.measurements


def test_an_error_raised_on_purpose_below_a_check_ends_the_run(target: Target, tmp_path: Path):
    plan = make_plan(POLICY, {"local.talks": Talks()}, target, Wish())

    def full() -> object:
        raise StorageError("the disk is full")

    with pytest.raises(StorageError):
        audit(plan, tmp_path, model=full)
    assert not (tmp_path / "audit.json").exists()


def test_a_check_named_twice_is_refused(target: Target):
    with pytest.raises(CheckError, match="twice"):
        make_plan(POLICY, {"local.talks": Talks()}, target, Wish(only=("local.talks", "local.talks")))
