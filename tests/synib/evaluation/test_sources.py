"""Accuracy by source: where a rare source fails, the overall accuracy does not say so."""

import numpy as np
import pytest

from synib.evaluation.evaluate import evaluate
from synib.evaluation.forecast import Forecast
from synib.evaluation.sources import by_source
from synib.spec import Evaluation

from .oracles import NOISY_XOR, XOR, Finished, Oracle, experiment, population


def test_six_examples_by_hand() -> None:
    p_one = np.array([0.5, 0.25, 0.75, 1.0, 0.125, 0.5])
    label = np.array([0, 0, 0, 1, 1, 1])
    source = np.array(["unique_1", "synergy", "synergy", "unique_1", "synergy", "synergy"])
    told = by_source(Forecast.of(np.stack([1 - p_one, p_one], 1), label), source, Evaluation())
    assert list(told) == ["synergy", "unique_1"]
    # synergy: p(label) is 3/4, 1/4, 1/8, 1/2; right is the first only, since of equals the first is said
    assert told["synergy"].examples == 4
    assert told["synergy"].accuracy.value == 0.25
    assert told["synergy"].confidence == pytest.approx((0.75 + 0.75 + 0.875 + 0.5) / 4)
    assert told["synergy"].nll == pytest.approx((0.415037 + 2 + 3 + 1) / 4, abs=1e-6)
    assert told["unique_1"].accuracy.value == 1
    assert told["unique_1"].nll == pytest.approx(0.5, abs=1e-6)


def test_the_interval_of_a_source_is_that_of_its_own_examples() -> None:
    # 60 of 100 and 600 of 1,000: normal intervals of ± 1.96 sqrt(.24 / n)
    right = np.concatenate([np.arange(100) < 60, np.arange(1000) < 600])
    p = np.stack([right, ~right], 1).astype(float)
    source = np.repeat(["few", "many"], [100, 1000])
    told = by_source(Forecast.of(p, np.zeros(1100, int)), source, Evaluation(resamples=4000))
    for name, n in (("few", 100), ("many", 1000)):
        accuracy, half = told[name].accuracy, 1.96 * np.sqrt(0.24 / n)
        assert accuracy.low == pytest.approx(0.6 - half, rel=0.03)
        assert accuracy.high == pytest.approx(0.6 + half, rel=0.03)


def test_a_report_has_sources_where_the_data_know_them_and_of_test_examples_only() -> None:
    plain = population(NOISY_XOR)
    odd = (plain.x["left"] != plain.x["right"])[:, 0]
    source = np.where(odd != plain.y, "flipped", "kept")
    source[plain.split != "test"] = "elsewhere"
    told, _ = evaluate(Finished(Oracle(NOISY_XOR)), population(NOISY_XOR, source=source), experiment(), 0, 0)
    assert told.by_source is not None
    assert set(told.by_source) == {"flipped", "kept"}
    assert told.by_source["flipped"].accuracy.value == 0
    assert told.by_source["kept"].accuracy.value == 1
    assert told.by_source["flipped"].nll == pytest.approx(-np.log2(0.1), abs=1e-5)
    assert told.by_source["kept"].confidence == pytest.approx(0.9, abs=1e-6)
    assert sum(part.examples for part in told.by_source.values()) == told.examples
    assert evaluate(Finished(Oracle(XOR)), population(XOR, 4), experiment(), 0, 0)[0].by_source is None
