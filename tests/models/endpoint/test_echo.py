"""Scores from a prompt that came back token by token, in the ways in which servers write tokens."""

import pytest

from audit.endpoint.echo import Echo, log_likelihood, token_ends
from audit.endpoint.protocol import prompt_echo

SENTENCE = ("The dog", " barked loudly")


def test_only_the_continuation_is_summed():
    echo = Echo(("The", " dog", " barked", " loudly", " at"), (None, -1.0, -2.0, -4.0, -8.0))
    assert log_likelihood(echo, *SENTENCE) == -6.0


def test_a_token_across_the_border_belongs_to_the_continuation():
    echo = Echo(("The", " dog ba", "rked loudly", "."), (None, -1.0, -2.0, -8.0))
    assert log_likelihood(echo, *SENTENCE) == -3.0


def test_without_a_start_token_the_first_token_has_no_score():
    echo = Echo(("The", " dog"), (None, -1.0))
    assert log_likelihood(echo, "", "The dog") is None
    assert log_likelihood(echo, "The", " dog") == -1.0
    assert log_likelihood(echo, "Th", "e dog") is None  # its first token straddles the border


@pytest.mark.parametrize("start", ["<s>", "", "<|begin_of_text|>"])
def test_with_a_start_token_it_has_one(start: str):
    shift = len(start)
    echo = Echo((start, "The", " dog", "!"), (None, -3.0, -1.0, -9.0), (0, shift, shift + 3, shift + 7))
    assert log_likelihood(echo, "", "The dog") == -4.0
    assert log_likelihood(echo, "The", " dog") == -1.0


def test_a_space_that_a_tokenizer_puts_first_is_no_text():
    echo = Echo((" The", " dog", "!"), (None, -1.0, -9.0))
    assert log_likelihood(echo, "The", " dog") == -1.0


def test_parts_of_a_character_end_where_it_does():
    by_text = Echo(("a", "", "", "愛", "b", "."), (None, -1.0, -1.0, -1.0, -2.0, -9.0))
    assert token_ends(by_text, "a愛b") == [1, 2, 2, 2, 3]
    assert log_likelihood(by_text, "a", "愛b") == -5.0
    assert log_likelihood(by_text, "a愛", "b") == -2.0
    by_offset = Echo(
        ("a", "bytes:\\xe6", "bytes:\\x84\\x9b", "b", "."), (None, -1.0, -1.0, -2.0, -9.0), (0, 1, 1, 2, 3)
    )
    assert log_likelihood(by_offset, "a", "愛b") == -4.0
    assert log_likelihood(by_offset, "a愛", "b") == -2.0


def test_characters_that_were_counted_wrongly_are_not_guessed():
    for tokens, offsets in [
        (("a", "\ufffd", "\ufffd", "\ufffd"), (0, 1, 2, 3)),  # one character, counted as three
        (("a", "\ufffd", "\ufffd", "b"), (0, 1, 2, 3)),
        (("a", "\ufffd", "b"), ()),
    ]:
        echo = Echo(tokens, (None, *[-1.0] * (len(tokens) - 1)), offsets)
        assert log_likelihood(echo, "a", "愛") is None


def test_tokens_as_vllm_writes_them():
    """Llama 2 begins with a start token and an empty one; some versions garble what follows, which is no score."""
    tokens, offsets = ("<s>", "", "\n", "1", ".", " Carol", " has"), (0, 3, 3, 4, 5, 6, 12)
    numbers = (None, -4.0, -4.2, -5.7, -0.9, -10.6, -6.3)
    assert log_likelihood(Echo(tokens, numbers, offsets), "\n1.", " Carol") == -10.6
    assert log_likelihood(Echo(tokens, numbers, offsets), "", "\n1.") == pytest.approx(-14.8)
    garbled = (*tokens[:5], "\n Carol", "\n\n has")
    assert log_likelihood(Echo(garbled, numbers, (0, 3, 3, 4, 5, 6, 13)), "\n1.", " Carol") is None


def test_what_cannot_be_a_log_probability_is_none():
    given = {"tokens": list("abcdef"), "token_logprobs": [None, -9999.0, 0.5, True, "-1", float("nan")]}
    assert prompt_echo({"choices": [{"logprobs": given}]}).log_probabilities == (None,) * 6
    given["token_logprobs"] = [0, -1, -2.5, -0.0, -99.0, 1e-9]
    assert None not in prompt_echo({"choices": [{"logprobs": given}]}).log_probabilities


def test_another_text_or_half_of_it_has_no_score():
    assert log_likelihood(Echo((" more",), (-1.0,)), *SENTENCE) is None  # the server ignored echo
    assert log_likelihood(Echo(("The", " dog", " barked"), (None, -1.0, -1.0)), *SENTENCE) is None
    assert log_likelihood(Echo((), ()), *SENTENCE) is None
    assert log_likelihood(Echo(("The", " dog", " barked", " loudly"), (None, -1.0, None, -1.0)), *SENTENCE) is None
    assert log_likelihood(Echo(("The", " dog"), (None, -1.0)), "The dog", "") is None
