"""The normaliser of a softmax, against its definition in float64."""

import pytest
import torch

from audit.models.scoring.normaliser import log_normaliser


@pytest.mark.parametrize("shift", [0.0, 60.0, 500.0, -60.0, -500.0])
def test_it_is_the_logarithm_of_the_sum_of_exponentials_however_large_the_logits(shift: float):
    logits = torch.randn(50, 9000, generator=torch.Generator().manual_seed(0)) * 4 + shift
    expected = logits.double().logsumexp(-1)
    assert torch.allclose(log_normaliser(logits), expected, rtol=0, atol=3e-6 * max(1, abs(shift)))


def test_a_word_that_is_impossible_adds_nothing():
    logits = torch.tensor([[0.0, -torch.inf, 1.0], [-torch.inf, -torch.inf, -torch.inf]])
    found = log_normaliser(logits)
    assert float(found[0]) == pytest.approx(float(torch.tensor([0.0, 1.0]).logsumexp(0)))
    assert float(found[1]) == -torch.inf


@pytest.mark.parametrize("wrong", [torch.nan, torch.inf])
def test_what_is_no_number_gives_none(wrong: float):
    assert not torch.isfinite(log_normaliser(torch.tensor([[0.0, wrong]]))).item()


def test_rows_are_independent_of_their_neighbours():
    logits = torch.randn(7, 200_000, generator=torch.Generator().manual_seed(1))
    logits[3] += 90
    alone = torch.cat([log_normaliser(row[None]) for row in logits])
    assert torch.allclose(log_normaliser(logits), alone, rtol=0, atol=1e-9)
