"""Personal names by locale and gender, from the lists that Faker keeps (https://faker.readthedocs.io, MIT).

Only names that a locale lists itself count: where Faker would fall back to another locale in silence, this
refuses.
"""

import random
from functools import cache
from importlib import import_module

from audit.errors import DatasetError
from audit.languages.language import NameSource, Term, TermPair

AGREEMENT = {"female": "f", "male": "m"}


def name_pairs(sources: tuple[NameSource, NameSource], n: int, key: str) -> list[TermPair]:
    """``n`` pairs of full names drawn by ``key``, one from each source; where no gender is given, f and m in turn.

    A given or family name that both lists hold is left out, because it does not tell the groups apart. When both
    sources are one locale (so that they differ by gender), the two persons share the family name.
    """
    generator = random.Random(key)
    genders = list(AGREEMENT)
    return [_pair(sources, genders[i % 2], generator) for i in range(n)]


def provenance(sources: tuple[NameSource, NameSource]) -> str:
    """Where the names come from, for the record."""
    import faker

    return f"Faker {faker.VERSION}, locales {sources[0].locale} and {sources[1].locale}"


def _pair(sources: tuple[NameSource, NameSource], gender: str, generator: random.Random) -> TermPair:
    genders = [source.gender or gender for source in sources]
    given = [given_names(source.locale, g) for source, g in zip(sources, genders, strict=True)]
    family = [family_names(source.locale, g) for source, g in zip(sources, genders, strict=True)]
    first_given, second_given = _draw_apart(given[0], given[1], generator)
    first_family, second_family = _draw_apart(family[0], family[1], generator)
    return (
        Term({"base": f"{first_given} {first_family}"}, AGREEMENT[genders[0]]),
        Term({"base": f"{second_given} {second_family}"}, AGREEMENT[genders[1]]),
    )


def _draw_apart(first: tuple[str, ...], second: tuple[str, ...], generator: random.Random) -> tuple[str, str]:
    if first == second:
        shared = generator.choice(first)
        return shared, shared
    return generator.choice(_only_in(first, second)), generator.choice(_only_in(second, first))


@cache
def _only_in(names: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    shared = set(others)
    return tuple(name for name in names if name not in shared)


def given_names(locale: str, gender: str) -> tuple[str, ...]:
    """The given names that Faker's locale itself lists for a gender ("female" or "male"), sorted."""
    return _own_names(locale, (f"first_names_{gender}",))


def family_names(locale: str, gender: str) -> tuple[str, ...]:
    """The family names that Faker's locale itself lists, those for one gender where it tells them apart."""
    return _own_names(locale, (f"last_names_{gender}", "last_names"))


@cache
def _own_names(locale: str, attributes: tuple[str, ...]) -> tuple[str, ...]:
    try:
        provider = import_module(f"faker.providers.person.{locale}").Provider
    except ModuleNotFoundError:
        raise DatasetError(f"this Faker has no names for the locale {locale!r}; install a newer Faker") from None
    for attribute in attributes:
        names = vars(provider).get(attribute)
        if names:
            return tuple(sorted(set(names)))
    raise DatasetError(f"the Faker locale {locale!r} lists no {attributes[-1]} of its own; choose another locale")
