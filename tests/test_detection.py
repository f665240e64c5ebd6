"""A plan says what its items can show."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from audit.capability import CanScore
from audit.check import Metric, draw
from audit.detection import detections
from audit.plan import Plan, Wish, make_plan
from audit.policy.policy import Control, Policy
from audit.record import Measurement, Observation, Requirement
from audit.render.plan import plan_as_json, plan_as_text
from audit.stats.cluster import cluster_mean
from audit.stats.estimate import census
from audit.stats.proportion import share
from audit.target.open import open_target
from tests.tiny import causal_folder

SOURCE = "https://example.org"


@dataclass(frozen=True)
class Both:
    """A share and a mean of the same texts, and a count."""

    id = "local.both"
    needs = (CanScore,)
    languages = ()
    metrics = (
        Metric("hits", "share of texts", 0.0, "lower", SOURCE),
        Metric("gap", "nats", 0.0, "closer", SOURCE),
        Metric("texts", "count", 0.0, "lower", SOURCE),
    )
    limit: int | None = None
    seed: int = 0

    def probe(self, model: CanScore) -> Iterator[Observation]:
        drawn = draw(range(65), self.limit, self.seed)
        for number, score in zip(drawn, model.log_likelihood([("", str(n)) for n in drawn]), strict=True):
            yield Observation(str(number), score=float(score), group="ab"[number % 2], cluster=str(number))

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        seen = list(observations)
        yield share([(o.score or 0.0) < -3 for o in seen]).measurement("hits", unit="text")
        for group in ("", "a", "b"):
            own = [o for o in seen if group in ("", o.group)]
            estimate = cluster_mean([o.score or 0.0 for o in own], [o.cluster for o in own])
            yield estimate.measurement("gap", group=group, unit="text")
        yield census(65.0, 65, "texts").measurement("texts", unit="text")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    target = open_target(str(causal_folder(tmp_path_factory.mktemp("model"))))
    requires = (
        Requirement("local.both", "hits", high=0.1),
        Requirement("local.both", "gap", low=-1.0, high=1.0, groups="each"),
    )
    gate = Policy("gate", "1", "Gate", "d" * 64, (Control("c", "c", "bias", "high", True, requires),))
    return make_plan(gate, {"local.both": Both()}, target, Wish())


def test_shares_and_means_with_the_limits_of_the_policy(plan: Plan) -> None:
    found = {(d.metric, d.group): d for d in detections(plan)}
    assert set(found) == {("hits", ""), ("gap", ""), ("gap", "b")}  # a count is not sampled
    z = 1.959964 + 0.841621
    assert found["hits", ""].smallest == pytest.approx(z * 0.5 / 65**0.5, abs=1e-4)  # 0.17
    assert found["gap", ""].smallest == pytest.approx(z / 65**0.5, abs=1e-4)  # 0.35
    assert (found["gap", "b"].n, found["gap", "b"].unit) == (32, "text")
    assert found["hits", ""].limits == ("at most 0.1",)
    assert found["gap", ""].limits == ()
    assert found["gap", "b"].limits == ("between -1 and 1",)


def test_text_and_json_say_it(plan: Plan) -> None:
    text = plan_as_text(plan, detections(plan))
    assert "hits: 65 texts: detects 0.17 of a share; the policy asks for at most 0.1" in text
    assert "gap: 65 texts: detects 0.35 standard deviations of a mean" in text
    told = json.loads(plan_as_json(plan, detections(plan)))["detects"]
    assert told[0]["metric"] == "hits"
    assert told[0]["smallest"] == pytest.approx(0.1737, abs=1e-4)


def test_a_plan_without_anything_to_detect_still_prints(plan: Plan) -> None:
    assert "What can be detected" not in plan_as_text(plan)


def test_fewer_items_detect_less(tmp_path: Path, plan: Plan) -> None:
    small = make_plan(plan.policy, {"local.both": Both()}, plan.target, Wish(limit=16))
    assert next(d for d in detections(small) if d.metric == "hits").smallest == pytest.approx(0.35, abs=0.001)
