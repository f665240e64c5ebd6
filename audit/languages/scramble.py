"""The same words in an order in which nobody says them."""

import random
import re

ENDING = re.compile(r"[.!?。！？।۔]+$")


def units(sentence: str, separator: str) -> list[str]:
    """The words of a sentence without its closing mark; its characters when ``separator`` is empty."""
    body = ENDING.sub("", sentence)
    return body.split(separator) if separator else list(body)


def scramble(sentence: str, separator: str, seed: int) -> str:
    """``sentence`` in a seeded random order, never the original one, with capital and closing mark put right."""
    body, ending = ENDING.sub("", sentence), "".join(ENDING.findall(sentence))
    words = units(body[0].lower() + body[1:], separator)
    generator = random.Random(f"{seed} {sentence}")
    mixed = list(words)
    while mixed == words:
        generator.shuffle(mixed)
    text = separator.join(mixed)
    return text[0].upper() + text[1:] + ending
