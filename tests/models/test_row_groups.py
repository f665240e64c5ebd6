"""Which answers of a batch keep their keys together, and that attention over groups is attention over rows."""

from itertools import chain

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from audit.models.row_cache import RowCache
from audit.models.row_groups import GROUP_COST, row_groups
from audit.models.scoring.trie import Trie

STORY = tuple(range(1000, 1200))
ALONE = [tuple(range(n, n + length)) for n, length in ((0, 190), (1, 180), (2, 30), (3, 20), (4, 10))]
CHILDREN = [(*STORY, n, n + 1) for n in range(30)]


def tokens_read(groups) -> int:
    return sum(group.shared + len(group.rows) * group.longest for group in groups)


@pytest.mark.parametrize("cost", [0, 50, GROUP_COST, 10**9])
def test_every_prompt_is_in_one_group_that_fits_it(cost: int):
    prompts = [*ALONE, *CHILDREN, *ALONE[:2], ALONE[0][:90]]
    groups = row_groups(prompts, cost)
    assert sorted(chain(*(group.rows for group in groups))) == list(range(len(prompts)))
    for group in groups:
        own = [prompts[row] for row in group.rows]
        assert len({tuple(prompt[: group.shared]) for prompt in own}) == 1
        assert max(map(len, own)) == group.shared + group.longest


def test_what_many_begin_with_is_kept_once_and_the_short_are_not_padded_to_the_long():
    groups = row_groups([*ALONE, *CHILDREN], cost=100)
    assert {len(group.rows) for group in groups if group.shared == len(STORY)} == {len(CHILDREN)}
    assert tokens_read(groups) == (200 + 30 * 2) + 2 * 190 + 3 * 30
    assert sorted(group.longest for group in groups if not group.shared) == [30, 190]


def test_a_group_that_saves_less_than_it_costs_is_not_made():
    assert len(row_groups(ALONE, cost=10**9)) == 1
    assert [group.shared for group in row_groups(CHILDREN, cost=10**9)] == [0]
    assert row_groups([], cost=0) == []


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_attention_over_groups_is_attention_over_rows(dtype: torch.dtype):
    prompts = [*ALONE, *CHILDREN, *[STORY[::-1]] * 4]  # the last ones have no rest of their own
    generator = torch.Generator().manual_seed(0)
    trie = Trie()
    paths = [trie.insert(prompt) for prompt in prompts]

    def states(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator).to(dtype)

    class Nodes:
        keys, values = states(1, 2, len(trie.tokens), 8), states(1, 2, len(trie.tokens), 8)

    class OneLayer:
        layers = (Nodes,)

    cache = RowCache(prompts, row_groups(prompts, 100), room=3)
    assert any(group.shared for group in row_groups(prompts, 100))
    half = len(prompts) // 2
    for rows in (range(half), range(half, len(prompts))):  # as when the prompts do not fit into one pass
        cache.fill(list(rows), OneLayer, [paths[row] for row in rows])
    layer = cache.layers[0]
    rows, written = list(cache.rows), {row: ([], []) for row in cache.rows}
    for step in range(3):
        if step == 2:
            kept = torch.tensor([place for place, row in enumerate(rows) if row % 3 and row != 4])
            cache.keep(kept)
            rows = [rows[int(place)] for place in kept]
        key, value, query = (states(len(rows), 2, 1, 8), states(len(rows), 2, 1, 8), states(len(rows), 2, 2, 8))
        layer.update(key, value)
        seen = layer.seen(query, cache.blind, 0.5)
        for place, row in enumerate(rows):
            written[row][0].append(key[place])
            written[row][1].append(value[place])
            keys = torch.cat([Nodes.keys[0][:, paths[row]], *written[row][0]], dim=1)
            values = torch.cat([Nodes.values[0][:, paths[row]], *written[row][1]], dim=1)
            expected = scaled_dot_product_attention(query[place], keys, values, scale=0.5)
            assert torch.allclose(seen[place], expected, atol=1e-5 if dtype is torch.float32 else 0.03)


def test_a_layer_that_attends_in_its_own_way_is_noticed():
    class Nodes:
        keys = values = torch.zeros(1, 1, 2, 4)

    class OneLayer:
        layers = (Nodes,)

    cache = RowCache([(1, 2)], row_groups([(1, 2)]), room=4)
    cache.fill([0], OneLayer, [[0, 1]])
    new = torch.zeros(1, 1, 1, 4)
    cache.layers[0].update(new, new)
    with pytest.raises(NotImplementedError, match="interface"):
        cache.refuse_unattended()
    cache.layers[0].seen(new, cache.blind, 0.5)
    cache.refuse_unattended()
