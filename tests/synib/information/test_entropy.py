"""Entropy and pointwise information against closed forms."""

import numpy as np
import pytest

from synib.information.entropy import (
    FLOOR,
    binary_entropy,
    bits,
    class_frequencies,
    entropy,
    pointwise_information,
)


def test_entropy_of_a_uniform_distribution_is_the_log_of_its_size():
    assert entropy(np.full((3, 8), 1 / 8)) == pytest.approx([3, 3, 3])


def test_entropy_of_certainty_is_zero_and_not_minus_zero():
    assert str(entropy([1.0, 0.0])) == "0.0"


@pytest.mark.parametrize(
    ("epsilon", "synergy"), [(0.01, 0.919207), (0.1, 0.531004), (0.25, 0.188722), (0.5, 0)]
)
def test_binary_entropy_gives_the_synergy_of_noisy_xor(epsilon, synergy):
    assert 1 - binary_entropy(epsilon) == pytest.approx(synergy, abs=1e-6)


def test_pointwise_information_of_noisy_xor_on_clean_and_flipped_rows():
    # log2(2 * 0.9) and log2(2 * 0.1)
    half = np.array([0.5, 0.5])
    assert pointwise_information(np.array([0.9, 0.1]), half) == pytest.approx([0.847997, -2.321928], abs=1e-6)


def test_an_impossible_event_costs_thirty_bits_and_not_infinity():
    assert bits(0.0) == pytest.approx(np.log2(FLOOR)) == pytest.approx(-29.897, abs=1e-3)


def test_class_frequencies_are_shares_and_a_class_never_seen_counts_half_an_example():
    assert class_frequencies(np.array([0, 0, 0, 1]), 2) == pytest.approx([0.75, 0.25])
    assert class_frequencies(np.array([0, 0, 0, 1]), 3) == pytest.approx(np.array([3, 1, 0.5]) / 4.5)
