"""On which examples a difference is, and how far it holds for other examples."""

import numpy as np
import pytest

from synib.evaluation.groups import group_codes, group_names
from synib.evaluation.where import Examples, Right, by_source, crossed_interval, right
from synib.report import Estimate, SourceReport


@pytest.mark.parametrize("k", [2, 3])
def test_who_is_right_is_read_back_from_the_groups(k):
    voices = (np.arange(2 ** (k + 1))[:, None] >> np.arange(k + 1) & 1).astype(bool)
    names = group_names([f"m{m}" for m in range(k)])
    joint, alone = right(names, group_codes(voices))
    np.testing.assert_array_equal(joint, voices[:, -1])
    np.testing.assert_array_equal(alone, voices[:, :-1].any(1))


def run(joint, alone) -> Right:
    return Right(np.array(joint, bool), np.array(alone, bool))


def test_a_difference_is_told_apart_by_whether_a_modality_alone_is_right():
    # Examples 0 and 1 are nobody's alone in most of the six runs, 2 to 5 are somebody's.
    alone = [[0, 0, 1, 1, 1, 1]] * 3 + [[1, 0, 1, 1, 0, 1]] * 2 + [[0, 1, 1, 1, 1, 0]]
    vanilla = [run([0, 0, 1, 1, 1, 0], alone[seed]) for seed in range(3)]
    synib = [run([1, seed > 0, 1, 1, 0, 0], alone[3 + seed]) for seed in range(3)]
    examples = Examples({"vanilla": dict(enumerate(vanilla)), "synib": dict(enumerate(synib))})
    together, rest = examples.where("synib", "vanilla")
    assert (together.group, together.examples, rest.group, rest.examples) == ("together", 2, "alone", 4)
    assert together.difference.value == pytest.approx((0.5 + 1 + 1) / 3)
    assert rest.difference.value == pytest.approx(-0.25)
    assert rest.accuracy == pytest.approx(0.5)


def test_where_every_seed_has_its_own_examples_they_are_told_apart_within_it():
    alone = {0: [0, 0, 1], 1: [1, 1, 0]}  # the same positions, other examples
    runs = {
        name: {seed: run([right] * 3, alone[seed]) for seed in alone}
        for name, right in (("vanilla", False), ("synib", True))
    }
    together, rest = Examples(runs, redrawn=True).where("synib", "vanilla")
    assert (together.difference.value, together.examples, rest.examples) == (1.0, 2, 2)  # 1.5 and 1.5
    assert Examples(runs, redrawn=True).crossed("synib", "vanilla") is None
    assert [row.examples for row in Examples(runs).where("synib", "vanilla")] == [3]


def test_nothing_is_said_of_runs_that_share_no_seed():
    examples = Examples({"vanilla": {0: run([1], [1])}, "synib": {1: run([1], [1])}})
    assert examples.where("synib", "vanilla") == []
    assert examples.crossed("synib", "vanilla") is None


def test_every_source_of_the_label_has_its_difference():
    def source(n, value):
        return SourceReport(
            examples=n, accuracy=Estimate(value=value, low=None, high=None), confidence=0.5, nll=1.0
        )

    reports = {
        "synib": {seed: {"synergy": source(40, 0.8), "unique": source(60, 0.9)} for seed in (0, 1)},
        "vanilla": {0: {"synergy": source(40, 0.5), "unique": source(60, 0.95)}},
    }
    found = by_source(reports, "synib", "vanilla")
    assert [(row.group, row.examples, round(row.difference.value, 6)) for row in found] == [
        ("synergy", 40, 0.3),
        ("unique", 60, -0.05),
    ]
    assert by_source({}, "synib", "vanilla") == []


def test_crossed_interval_of_a_table_by_hand():
    # Row means 1, 2, 3; column means 1.5, 2.5; no rest: Var / S = 1 / 3, Var / N = .5 / 2.
    values = np.array([[0.5, 1.5], [1.5, 2.5], [2.5, 3.5]])
    estimate = crossed_interval(values)
    variance = 1 / 3 + 1 / 4
    freedom = variance**2 / ((1 / 3) ** 2 / 2 + (1 / 4) ** 2 / 1)  # 2.882, whose 97.5 % quantile is 3.2577
    assert estimate.value == 2
    assert freedom == pytest.approx(2.882, abs=1e-3)
    assert estimate.high - 2 == pytest.approx(3.2577 * np.sqrt(variance), rel=1e-3)


def test_crossed_interval_covers_the_truth_where_seeds_and_examples_both_vary():
    rng = np.random.default_rng(0)
    covered = only_seeds = 0
    for _ in range(400):
        values = (
            0.02 * rng.normal(size=(10, 1)) + 0.3 * rng.normal(size=100) + 0.3 * rng.normal(size=(10, 100))
        )
        crossed = crossed_interval(values)
        covered += crossed.low <= 0 <= crossed.high
        means = values.mean(1)
        only_seeds += abs(means.mean()) <= 2.262 * means.std(ddof=1) / np.sqrt(10)
    assert 0.92 < covered / 400 < 0.98
    assert only_seeds / 400 < 0.75


def test_identical_methods_differ_by_exactly_nothing():
    assert crossed_interval(np.zeros((5, 20))) == Estimate(value=0, low=0, high=0)
