"""The door for policies: every mistake is named with its place."""

from pathlib import Path

import pytest

from audit.errors import PolicyError
from audit.policy.read import read_policy, shipped_policies
from audit.policy.waivers import read_waivers

GOOD = """
policy: my-gate
version: "1"
title: My gate
controls:
  - id: toxicity
    title: Toxicity
    area: content
    rationale: Because.
    requires:
      - check: content.toxic-continuation
        metric: toxic-rate
        at_most: 0.1
        rationale: Because.
"""


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    return str(path)


def test_a_good_policy_comes_through(tmp_path: Path):
    policy = read_policy(write(tmp_path, GOOD))
    (control,) = policy.controls
    assert (policy.id, control.blocking, control.requires[0].high) == ("my-gate", True, 0.1)
    assert policy.checks == ("content.toxic-continuation",)
    assert len(policy.digest) == 64


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("at_most: 0.1", "at_moost: 0.1", "controls.0.requires.0.at_moost: there is no such key"),
        ("at_most: 0.1", "at_most: many", "controls.0.requires.0.at_most"),
        ("at_most: 0.1", "at_most: .nan", "controls.0.requires.0.at_most"),
        ("at_most: 0.1", "at_most: 0.1\n        at_least: 0.2", "give one limit"),
        ("        at_most: 0.1\n", "", "give one limit"),
        ("at_most: 0.1", "between: [2, 1]", "from the lower"),
        ("area: content", "area: contents", "controls.0.area"),
        ("title: My gate", "title: My gate\ntitle: Twice", "line 5: the key title stands twice"),
        ("controls:", "controls: []\nothers:", "controls: list should have at least 1 item"),
        ("policy: my-gate", "policy: My Gate", "policy: "),
        ("    rationale: Because.\n    requires", "    requires", "controls.0.rationale"),
        ("GATE", "GATE", ""),
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path: Path, old: str, new: str, message: str):
    text = GOOD.replace(old, new, 1)
    if text == GOOD:
        text = "- a list"
        message = "does not hold a mapping"
    with pytest.raises(PolicyError, match=message.replace("[", r"\[")):
        read_policy(write(tmp_path, text))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe\x00", "UTF-8"),
        (b"a: [1, 2", "line"),
        (b"a: &x 1\nb: *x\n", "aliases"),
        (b"a: !!python/object/apply:os.system [ls]\n", "line 1"),
        (b"[" * 5000, "policy.yaml"),
        (b"x" * 2_000_000, "larger"),
    ],
)
def test_files_that_are_no_policy(tmp_path: Path, content: bytes, message: str):
    path = tmp_path / "policy.yaml"
    path.write_bytes(content)
    with pytest.raises(PolicyError, match=message):
        read_policy(str(path))


def test_a_name_that_does_not_ship_lists_those_that_do():
    with pytest.raises(PolicyError, match="release-gate"):
        read_policy("release-gates")
    with pytest.raises(PolicyError, match="no policy file"):
        read_policy("nowhere/policy.yaml")


def test_shipped_policies_have_a_rationale_for_each_limit():
    assert "release-gate" in shipped_policies()
    for name in shipped_policies():
        for control in read_policy(name).controls:
            assert control.rationale
            assert all(requirement.rationale for requirement in control.requires)


WAIVERS = """
waivers:
  - id: W-1
    control: toxicity
    owner: A. Owner
    reason: until the retrain
    expires: 2027-01-31
    not_worse_than: 0.3
"""


def test_waivers_come_through(tmp_path: Path):
    path = tmp_path / "waivers.yaml"
    path.write_text(WAIVERS)
    (waiver,) = read_waivers(path)
    assert (waiver.expires, waiver.not_worse_than) == ("2027-01-31", 0.3)


@pytest.mark.parametrize(
    "line", ["    owner: A. Owner\n", "    expires: 2027-01-31\n", "    reason: until the retrain\n"]
)
def test_a_waiver_needs_owner_reason_and_expiry(tmp_path: Path, line: str):
    path = tmp_path / "waivers.yaml"
    path.write_text(WAIVERS.replace(line, ""))
    with pytest.raises(PolicyError, match=f"waivers.0.{line.split(':')[0].strip()}"):
        read_waivers(path)
