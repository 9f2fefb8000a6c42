"""The pointwise decomposition against the gates, and the bounds around it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synib.evaluation.decomposition import decompose, synergy_at_least

from .oracles import AND, COPY, NOISY_XOR, PARITY_3, RDN, UNQ_LEFT, XOR, Outcomes, names, posterior

bits = st.floats(-30, 30)


def exact_information(outcomes: Outcomes) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Mass, joint information and each modality's, per outcome."""
    k = len(next(iter(outcomes))) - 1
    rows, mass = np.array(list(outcomes)), np.array(list(outcomes.values()))
    base = posterior(outcomes, [])[rows[:, -1]]

    def pointwise(seen):
        return np.log2(posterior(outcomes, seen)[tuple(rows[:, [*seen, k]].T)] / base)

    return mass, pointwise(range(k)), {name: pointwise([m]) for m, name in enumerate(names(k))}


@pytest.mark.parametrize(
    ("outcomes", "redundant", "unique", "synergy", "at_least"),
    [
        (XOR, 0, 0, 1, 1),
        (AND, 0.311278, 0, 0.5, 0.188722),
        (RDN, 1, 0, 0, 0),
        (UNQ_LEFT, 0, 1, 0, 0),
        (NOISY_XOR, 0, 0, 0.531004, 0.531004),
        (COPY, 1, 0, 1, 0),  # the trap: other measures say 0, 1 and 1, 0
    ],
)
def test_means_over_a_gate_are_its_mmi_decomposition(outcomes, redundant, unique, synergy, at_least):
    mass, joint, alone = exact_information(outcomes)
    parts = decompose(joint, alone, "left", "right")
    assert mass @ parts.redundant == pytest.approx(redundant, abs=1e-6)
    assert mass @ parts.unique["left"] == pytest.approx(unique, abs=1e-6)
    assert not parts.unique["right"].any()
    assert mass @ parts.synergy == pytest.approx(synergy, abs=1e-6)
    weighted = {
        name: len(mass) * mass * i for name, i in alone.items()
    }  # so that the mean is the expectation
    assert synergy_at_least(len(mass) * mass * joint, weighted) == pytest.approx(at_least, abs=1e-6)


def test_single_rows_of_and():
    # p(y) = (3/4, 1/4). Row 010: left says 0 for sure, log2(4/3); right says ½, log2(2/3); joint log2(4/3).
    _, joint, alone = exact_information(AND)
    parts = decompose(joint, alone, "left", "right")
    assert parts.redundant == pytest.approx([0.415037, -0.584963, 0.415037, 1], abs=1e-6)
    assert parts.unique["left"] == pytest.approx([0, 1, -1, 0], abs=1e-6)
    assert parts.synergy == pytest.approx([0, 0, 1, 1], abs=1e-6)


def test_clean_and_flipped_rows_of_noisy_xor():
    _, joint, alone = exact_information(NOISY_XOR)
    assert set(np.round(decompose(joint, alone, "left", "right").synergy, 6)) == {0.847997, -2.321928}


def test_parity_of_three_bits_is_in_no_single_modality():
    mass, joint, alone = exact_information(PARITY_3)
    assert mass @ decompose(joint, alone, "x1", "x2").synergy == pytest.approx(1)
    assert synergy_at_least(joint, alone) == pytest.approx(1)


@given(st.integers(2, 5).flatmap(lambda k: arrays(np.float64, (k + 1, 7), elements=bits)))
def test_parts_sum_to_the_joint_information_row_by_row(information):
    joint, *rest = information
    alone = {f"x{m}": i for m, i in enumerate(rest)}
    parts = decompose(joint, alone, "x1", "x0")
    assert parts.redundant + sum(parts.unique.values()) + parts.synergy == pytest.approx(joint, abs=1e-12)


@given(st.integers(2, 5).flatmap(lambda k: arrays(np.float64, (k + 1, 7), elements=bits)))
def test_the_smallest_synergy_is_never_above_the_largest_where_no_modality_misleads(information):
    joint, *rest = information
    alone = {f"x{m}": np.abs(i) for m, i in enumerate(rest)}
    best, second, *_ = sorted(alone, key=lambda name: -alone[name].mean())
    largest = decompose(joint, alone, best, second).synergy.mean()
    assert synergy_at_least(joint, alone) <= max(0, largest) + 1e-9
