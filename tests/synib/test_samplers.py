"""Which settings a tuner tries next."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synib import spec
from synib.spec.search import Settings
from synib.training.samplers import SAMPLERS

DATA = {"kind": "gaussian_xor", "examples": 300, "dims": 3, "mu": 2.0}
RANDOM = {"kind": "synib", "mask": {"kind": "random", "fill": "noise"}}
EPOCHS, STEPS = 3, 3  # a trial's epochs at most, an epoch's steps


SPACE = {"lr": spec.Range(low=1e-4, high=1e-2, log=True), "weight": spec.Range(low=-1, high=3)}
WRITTEN = {"lr": 1e-3, "weight": 1.0}


def proposals(sampler: str, trials: int, loss: Callable[[Settings], float], seed: int = 0) -> list[Settings]:
    """All settings that a sampler proposes when their losses are these."""
    found: list[Settings] = []
    asking = SAMPLERS[sampler](SPACE, WRITTEN, trials, seed)
    batch = next(asking)
    while True:
        found += batch
        try:
            batch = asking.send([loss(settings) for settings in batch])
        except StopIteration:
            return found


def bowl(settings: Settings) -> float:
    return float((np.log10(settings["lr"]) + 2.5) ** 2 + (settings["weight"] - 2.5) ** 2)


@given(trials=st.integers(2, 60), seed=st.integers(0, 2**31))
def test_a_latin_hypercube_has_one_draw_in_each_part_of_each_range(trials: int, seed: int) -> None:
    written, *draws = proposals("random", trials, bowl, seed)
    assert written == WRITTEN
    logs = [(np.log10(one["lr"]) + 4) / 2 for one in draws]
    plain = [(one["weight"] + 1) / 4 for one in draws]
    for shares in (logs, plain):
        # Draws are rounded to four digits: one that lay on the border of its part may have crossed it.
        parts = np.sort(np.array(shares)) * (trials - 1)
        assert np.all(parts >= np.arange(trials - 1) - 0.02)
        assert np.all(parts <= np.arange(1, trials) + 0.02)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("trials", [1, 2, 25])
def test_a_sampler_spends_its_budget_within_the_space_and_says_the_same_twice(
    sampler: str, trials: int
) -> None:
    found = proposals(sampler, trials, bowl)
    assert len(found) == trials
    assert found[0] == WRITTEN
    for one in found[1:]:
        for path, value in one.items():
            assert SPACE[path].low <= value <= SPACE[path].high
            assert value == float(f"{value:.4g}")
    assert found == proposals(sampler, trials, bowl)
    assert trials == 1 or found != proposals(sampler, trials, bowl, seed=1)


def test_random_search_does_not_listen_and_tpe_learns_where_it_is_good() -> None:
    assert proposals("random", 40, bowl) == proposals("random", 40, lambda one: -bowl(one))
    loss = np.array([[bowl(one) for one in proposals("tpe", 40, bowl, seed)] for seed in range(5)])
    assert np.median(loss[:, 25:]) < np.median(loss[:, :10]) / 4


def test_tpe_keeps_away_from_what_fails() -> None:
    def cliff(one: Settings) -> float:
        return float("inf") if one["lr"] > 1e-3 else -np.log10(one["lr"])

    failed = np.array(
        [[np.isinf(cliff(one)) for one in proposals("tpe", 40, cliff, seed)] for seed in range(5)]
    )
    assert failed[:, 20:].mean() < failed[:, 1:10].mean()


def test_tpe_begins_outside_of_its_space_if_the_method_is_written_so() -> None:
    asking = SAMPLERS["tpe"](SPACE, {"lr": 1.0, "weight": 7.0}, 3, 0)
    assert next(asking) == [{"lr": 1.0, "weight": 7.0}]
    (second,) = asking.send([0.1])
    assert second["lr"] <= 1e-2
