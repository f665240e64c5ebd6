"""The table of the self-test: every check against its stand-ins, in as many processes as wanted."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from audit.attempt import Crash, Done, attempt
from audit.catalogue import did_you_mean, find_checks, get_check
from audit.errors import AssayError, InputError
from audit.selftest.audits import bench, climb, fault_of, too_many
from audit.selftest.coverage import cover, stale
from audit.selftest.find import Job, jobs_of
from audit.selftest.populations import CASES
from audit.stats.proportion import clopper_pearson, interval_of_share
from audit.trials import FALSE_ALARMS, SENSITIVITY, Coverage, Results, Trial, read_results, write_results

AUDITS = 400
AGAIN, ROWS = 4, 400
Key = tuple[str, str, str, str]


def run_jobs(
    jobs: Sequence[Job],
    *,
    audits: int = AUDITS,
    seed: int = 0,
    processes: int = 1,
    done: Callable[[Trial], None] = lambda _: None,
) -> tuple[Trial, ...]:
    """The trials of ``jobs``, in their order; ``done`` is told of each as it comes."""
    found: dict[Key, Trial] = {}
    if processes == 1 or len(jobs) < 2:
        for job in jobs:
            found[job.key] = run(job, audits=audits, seed=seed)
            done(found[job.key])
    else:
        work = partial(_run_named, audits=audits, seed=seed)
        with ProcessPoolExecutor(min(processes, len(jobs)), get_context("spawn")) as pool:
            for future in as_completed([pool.submit(work, job.key) for job in jobs]):
                trial = future.result()
                found[trial.key] = trial
                done(trial)
    return tuple(found[job.key] for job in jobs)


@cache
def _all_jobs() -> Mapping[Key, Job]:
    return {job.key: job for job in jobs_of(find_checks())}


def _run_named(key: Key, audits: int, seed: int) -> Trial:
    """A trial by what is tried: functions do not travel between processes, names do."""
    return run(_all_jobs()[key], audits=audits, seed=seed)


def run(job: Job, *, audits: int = AUDITS, seed: int = 0) -> Trial:
    """One trial; one of AGAIN as many audits where the first fails, yet not beyond chance."""
    trial = run_once(job, audits=audits, seed=seed)
    return run_once(job, audits=AGAIN * audits, seed=seed) if undecided(trial) else trial


def undecided(trial: Trial) -> bool:
    """Whether alarms were too frequent or too rare, and more audits could show otherwise.

    Alarms without an effect are held against ROWS rates: in so many, one of a thousand is to be expected.
    """
    null, planted = trial.without, trial.claimed
    if trial.census or null is None or planted is None:
        return False
    frequent = too_many(null.alarms, null.audits)
    missed = planted.rate < SENSITIVITY
    chance = clopper_pearson(null.alarms, null.audits, 1 - 2 * 0.05 / ROWS)[0] <= FALSE_ALARMS
    enough = interval_of_share(planted.alarms, planted.audits, 0.95)[1] >= SENSITIVITY
    return (frequent or missed) and (chance or not frequent) and (enough or not missed)


def run_once(job: Job, *, audits: int, seed: int) -> Trial:
    """One trial of so many audits; a check or stand-in that breaks off does not hold."""
    with TemporaryDirectory() as folder:
        try:
            done = attempt(lambda: _tried(job, audits, seed, Path(folder)))
        except AssayError as error:
            done = Crash(str(error), "")
    if isinstance(done, Done):
        return done.value
    check, metric, group, language = job.key
    fault = f"it broke off ({done.error})"
    return Trial(check, metric, group, language, job.stand_in.null, None, (), fault, job.digest, seed=seed)


def _tried(job: Job, audits: int, seed: int, folder: Path) -> Trial:
    tried = bench(job.check, job.stand_in, job.language, seed, folder)
    claim, rungs, census = climb(tried, audits)
    fault = fault_of(claim, rungs, job.stand_in, census)
    return Trial(*job.key, job.stand_in.null, claim, rungs, fault, job.digest, tried.side, seed, census)


@dataclass(frozen=True, slots=True)
class Asked:
    """The trials that were asked for, and the checks asked for that nothing pretends to be audited by."""

    jobs: tuple[Job, ...]
    lacking: tuple[str, ...]
    everything: bool

    @property
    def stale(self) -> tuple[Job, ...]:
        """The jobs whose trial is not published, or speaks of other code than there is."""
        known = {trial.key: trial.digest for trial in read_results().trials}
        return tuple(job for job in self.jobs if known.get(job.key) != job.digest)


def ask(names: Sequence[str] = (), languages: Sequence[str] = ()) -> Asked:
    """The trials of the checks called ``names`` (all, if none are) in ``languages`` (all that each speaks)."""
    known = find_checks()
    checks = {name: get_check(known, name) for name in names or known}
    spoken = {code for check in checks.values() for code in check.languages}
    for code in languages:
        if code not in spoken:
            raise InputError(f"No check that was asked for speaks {code}{did_you_mean(code, sorted(spoken))}")
    jobs = jobs_of(checks, languages)
    tried = {job.key[0] for job in jobs}
    silent = not names and languages  # of all checks, those that do not speak a language were not asked for in it
    lacking = tuple(
        n for n in checks if n not in tried and not (silent and set(checks[n].languages).isdisjoint(languages))
    )
    return Asked(jobs, lacking, not names and not languages)


def publish(trial: Trial) -> None:
    """Put one trial into the published table, in place of what it said before."""
    known = read_results()
    others = tuple(t for t in known.trials if t.key != trial.key)
    write_results(Results((*others, trial), known.coverage))


def published(asked: Asked, says: Callable[[str], None]) -> tuple[Trial, ...]:
    """The published trials of what was asked for; of everything, also without what is no longer there.

    Estimators whose coverage is stale are simulated again, which takes a few minutes.
    """
    known, keys = read_results(), {job.key for job in asked.jobs}
    found = tuple(trial for trial in known.trials if trial.key in keys)
    if asked.everything:
        write_results(Results(found, covered(known.coverage, says)))
    return found


def covered(known: Sequence[Coverage], says: Callable[[str], None]) -> tuple[Coverage, ...]:
    """The coverage of every case, simulated where what is known is stale."""
    old = {case.key for case in stale(CASES, known)}
    rows = {(row.estimator, row.situation): row for row in known}
    found = []
    for case in CASES:
        if case.key in old:
            says(f"Coverage of {case.estimator}: {case.situation}")
        found.append(cover(case) if case.key in old else rows[case.key])
    return tuple(found)
