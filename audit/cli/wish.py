"""Options that plan and run share, and what they come to."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from audit.errors import CheckError

if TYPE_CHECKING:
    from audit.endpoint.client import Pace
    from audit.plan import Plan

F = TypeVar("F", bound=Callable[..., Any])
DEFAULT_POLICY, FOR_PREDICTIONS = "release-gate", "decisions"

OPTIONS = (
    click.option("--policy", "policy_name", metavar="POLICY",
                 help=f"A shipped policy's name, or a YAML file [default: {DEFAULT_POLICY}; for predictions "
                 f"{FOR_PREDICTIONS}]."),
    click.option("--use", multiple=True, metavar="USE",
                 help="What the model is meant for: commercial, redistribute, saas ... Repeat or use commas."),
    click.option("--language", multiple=True, metavar="CODE",
                 help="Languages to probe in (en, es ...). Repeat or use commas."),
    click.option("--only", multiple=True, metavar="CHECK", help="Run only this check. Repeat for several."),
    click.option("--set", "settings", multiple=True, metavar="CHECK.OPTION=VALUE",
                 help="Set an option of a check."),
    click.option("--limit", type=click.IntRange(min=1), metavar="N",
                 help="At most N items a check (fewer can be decided, nothing is passed for it)."),
    click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True,
                 help="Seed of every random choice."),
    click.option("--checks", "check_files", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
                 help="A Python file with checks of your own. It runs code: only files you trust."),
    click.option("--dtype", default="float32", show_default=True, metavar="DTYPE",
                 help="Arithmetic of the model: float32, bfloat16, or float32-strict (no float32 product is made "
                 "of bfloat16 ones)."),
    click.option("--concurrency", type=click.IntRange(1, 256), default=8, show_default=True, metavar="N",
                 help="At most N requests at once to an endpoint."),
    click.option("--requests-per-minute", type=click.IntRange(min=1), metavar="N",
                 help="At most N requests a minute to an endpoint [default: no limit]."),
    click.option("--start-token", default="", metavar="TEXT",
                 help="What an endpoint's model begins a text with, where its server does not put it there."),
    click.option("--device", default="cpu", show_default=True, metavar="DEVICE", help="Where the model runs."),
    click.option("--batch-tokens", type=click.IntRange(min=32), metavar="N",
                 help="Tokens in one forward pass [default: measured once for each model on this machine]."),
)  # fmt: skip


def wish_options(function: F) -> F:
    """Add the options that say what to audit and how."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


def plan_of(
    target: str,
    *,
    policy_name: str | None,
    use: tuple[str, ...],
    language: tuple[str, ...],
    only: tuple[str, ...],
    settings: tuple[str, ...],
    limit: int | None,
    seed: int,
    check_files: tuple[Path, ...],
    dtype: str,
    device: str,
    batch_tokens: int | None,
    concurrency: int,
    requests_per_minute: int | None,
    start_token: str,
    budget: float | None = None,
) -> "Plan":
    """The plan for what the user typed; everything wrong with it is raised here, before a model is loaded."""
    from audit.catalogue import find_checks
    from audit.plan import Wish, make_plan, refuse_unknown
    from audit.policy.read import read_policy
    from audit.target.open import is_table, open_target

    policy = read_policy(policy_name or (FOR_PREDICTIONS if is_table(Path(target)) else DEFAULT_POLICY))
    catalogue = find_checks(check_files)
    wish = Wish(
        only=only,
        languages=split(language),
        options=parse_settings(settings),
        limit=limit,
        seed=seed,
        use=split(use),
        dtype=dtype,
        device=device,
        batch_tokens=batch_tokens,
        pace=pace_of(concurrency, requests_per_minute),
        budget=budget,
    )
    refuse_unknown(policy, catalogue, wish)
    return make_plan(policy, catalogue, open_target(target, wish.pace, start_token), wish)


def pace_of(concurrency: int, requests_per_minute: int | None) -> "Pace":
    """How an endpoint is asked."""
    from audit.endpoint.client import Pace

    return Pace(concurrency, requests_per_minute)


def split(values: tuple[str, ...]) -> tuple[str, ...]:
    """Values given repeatedly or with commas, each once, in order."""
    parts = (part.strip() for value in values for part in value.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def parse_settings(settings: tuple[str, ...]) -> Mapping[str, Mapping[str, object]]:
    """``CHECK.OPTION=VALUE`` as options by check; CheckError for another form."""
    options: dict[str, dict[str, object]] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        check, dot, option = name.rpartition(".")
        if not (equals and dot and check and option):
            raise CheckError(f"--set {setting} is not of the form CHECK.OPTION=VALUE.")
        options.setdefault(check, {})[option] = value
    return options
