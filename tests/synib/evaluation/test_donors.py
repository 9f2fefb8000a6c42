"""Donors: as many as asked, all alike in chance, and fewer needed than at random."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from synib.evaluation.donors import cut, draw_donors


def pool(P: int, *widths: int, seed: int = 0) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {f"x{m}": torch.randn(P, d, generator=generator) for m, d in enumerate(widths)}


@given(st.integers(1, 200), st.integers(1, 40))
def test_cells_share_the_pool_evenly(P, D):
    cells = cut(pool(P, 2, 3), D)
    assert len(cells) == D
    if P >= D:
        assert sorted(np.concatenate(cells)) == list(range(P))
        assert max(map(len, cells)) - min(map(len, cells)) <= 1


def test_every_training_example_is_drawn_about_equally_often():
    donors = draw_donors(np.random.default_rng(0), 20_000, cut(pool(64, 5), 8))
    assert np.bincount(donors.ravel(), minlength=64) == pytest.approx(np.full(64, 2_500), rel=0.1)


def test_eight_donors_hold_every_combination_of_three_fair_bits_once():
    bits = np.array(np.meshgrid(*[[0, 1]] * 3)).reshape(3, 8).T.repeat(10, 0)
    z = {f"x{m}": torch.tensor(bits[:, m : m + 1], dtype=torch.float32) for m in range(3)}
    donors = draw_donors(np.random.default_rng(0), 50, cut(z, 8))
    assert np.all(np.sort(bits[donors] @ [1, 2, 4]) == np.arange(8))


def test_means_over_cells_vary_less_than_means_over_random_donors():
    z = pool(4_000, 4, 4)
    feature = torch.tanh(2 * z["x0"][:, 0]).numpy()
    cells, rng = cut(z, 8), np.random.default_rng(1)
    stratified = feature[draw_donors(rng, 4_000, cells)].mean(1)
    random = feature[rng.integers(4_000, size=(4_000, 8))].mean(1)
    assert stratified.mean() == pytest.approx(feature.mean(), abs=0.02)
    assert stratified.var() < random.var()


def test_a_pool_of_equal_examples_can_be_cut():
    assert len(cut({"x": torch.ones(10, 3)}, 4)) == 4
