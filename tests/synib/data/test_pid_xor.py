"""Every example's label is in the source that it is said to be in, and can be read there exactly."""

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synib import spec
from synib.data import load
from synib.data.mixing import rotation
from synib.data.pid_xor import CARRIERS, draw, projections

BLOCKS = {"unique": slice(0, 6), "redundant": slice(6, 12), "synergy": slice(12, 18)}
EVEN = spec.Mixture(unique_1=0.25, unique_2=0.25, redundant=0.25, synergy=0.25)
SYNERGY = spec.Mixture(unique_1=0, unique_2=0, redundant=0, synergy=1)
# E[z z'] of z = 3 |N(0, I)| sign: 9 on the diagonal, 9 E|N|² = 18 / pi beside it
SECOND_MOMENT = 9 * ((1 - 2 / np.pi) * np.eye(4) + 2 / np.pi)


def read(x: np.ndarray, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Who reads modality m alone: the active source, or the other's unique one; and z, (N, 4).

    A block is active where it is in the span of its rows of P; there least squares give z.
    """
    source = np.full(len(x), f"unique_{2 - m}", dtype="U16")
    z = np.zeros((len(x), 4))
    for (name, modality), P in projections().items():
        if modality != m:
            continue
        block, rows = x[:, BLOCKS[name.split("_")[0]]].astype(np.float64), P[BLOCKS[name.split("_")[0]]]
        latents = block @ np.linalg.pinv(rows).T
        left = np.linalg.norm(block - latents @ rows.T, axis=1) / np.linalg.norm(block, axis=1)
        source[left < 1e-4] = name
        z[left < 1e-4] = latents[left < 1e-4]
    return source, z


def test_the_published_sizes_and_mixture_are_the_default() -> None:
    recipe = spec.PidXor()
    assert recipe.info().counts == {"train": 1800, "validation": 200, "test": 4000}
    assert recipe.mixture.model_dump() == {
        "unique_1": 0.45,
        "unique_2": 0.0,
        "redundant": 0.45,
        "synergy": 0.1,
    }


def test_projections_are_those_that_torch_draws_from_seed_999_in_the_published_order() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(999)
        drawn = [torch.randn(32, 4).numpy() / 2 for _ in range(6)]  # u1, u2, then both of red and of syn
    order = [("unique_1", 0), ("unique_2", 1), *product(("redundant", "synergy"), (0, 1))]
    assert list(projections()) == order
    for P, expected in zip(projections().values(), drawn, strict=True):
        np.testing.assert_allclose(P, expected)


@pytest.mark.parametrize("mixing", [None, spec.Rotated(seed=3)])
def test_each_modality_alone_tells_the_source_and_both_together_the_label(
    mixing: spec.Mixing | None,
) -> None:
    dataset = load(spec.PidXor(mixture=EVEN, mixing=mixing, test=10_000, seed=2))
    x = [dataset.x[f"x{m + 1}"] @ (rotation(3, m, 32) if mixing else np.eye(32)) for m in (0, 1)]
    (source, z1), (also, z2) = read(x[0], 0), read(x[1], 1)
    assert np.array_equal(source, dataset.source)
    assert np.array_equal(also, dataset.source)
    # every latent has the sign of the bit that is said
    active = [np.isin(source, [name for name, at in CARRIERS.items() if m in at]) for m in (0, 1)]
    for z, rows in zip((z1, z2), active, strict=True):
        assert (np.abs(np.sign(z[rows]).sum(axis=1)) == 4).all()
    one, two = z1[:, 0] > 0, z2[:, 0] > 0
    label = np.select([source == "synergy", source == "unique_2"], [one != two, two], default=one)
    assert np.array_equal(label, dataset.y == 1)
    redundant = source == "redundant"
    np.testing.assert_allclose(z1[redundant], z2[redundant], atol=1e-3)
    assert dataset.posterior is not None
    np.testing.assert_array_equal(dataset.posterior, np.eye(2)[dataset.y])
    # one bit alone is no guide in synergy examples
    coins = np.array([one, two])[:, source == "synergy"]
    wrong = (coins != dataset.y[source == "synergy"]).mean(axis=1)
    np.testing.assert_allclose(wrong, 0.5, atol=4.5 * 0.5 / np.sqrt(coins.shape[1]))


def test_sources_come_in_the_asked_proportions_and_labels_are_fair_in_each() -> None:
    mixture = spec.Mixture(unique_1=0.4, unique_2=0.1, redundant=0.3, synergy=0.2)
    dataset = load(spec.PidXor(mixture=mixture, train=20_000, validation=10_000, test=10_000))
    for name, p in mixture.model_dump().items():
        here = dataset.source == name
        assert here.mean() == pytest.approx(p, abs=4.5 * np.sqrt(p * (1 - p)) / 200)
        assert dataset.y[here].mean() == pytest.approx(0.5, abs=4.5 * 0.5 / np.sqrt(here.sum()))


def test_the_active_block_has_its_projections_moments_and_the_rest_is_noise() -> None:
    one = draw(SYNERGY, 0, "train", 40_000)
    for m, x in enumerate(one.x):
        P = projections()["synergy", m][BLOCKS["synergy"]]
        covariance, expected = np.cov(x.T), np.eye(32)
        expected[BLOCKS["synergy"], BLOCKS["synergy"]] = P @ SECOND_MOMENT @ P.T
        scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
        # a covariance of normal numbers is off by at most sqrt(2 / N) of the scale; here hardly more
        np.testing.assert_allclose(covariance / scale, expected / scale, atol=5 * np.sqrt(2 / 40_000))
        np.testing.assert_allclose(x.mean(0) / np.sqrt(np.diag(expected)), 0, atol=5 / 200)


def test_latents_are_not_the_noise_again() -> None:
    # The public generator seeds one stream twice, so that latents repeat the noise.
    one = draw(SYNERGY, 4, "train", 2000)
    for m in (0, 1):
        _, z = read(one.x[m], m)
        for noise in one.x:
            found = [
                abs(np.corrcoef(np.abs(z[:, latent]), np.abs(noise[:, column]))[0, 1])
                for latent, column in product(range(4), [*range(12), *range(18, 32)])
            ]
            assert max(found) < 5 / np.sqrt(2000)


def bits_of(joint: dict[tuple[object, int], float]) -> float:
    """Mutual information of a table, bits."""
    left: dict[object, float] = {}
    right: dict[int, float] = {}
    for (a, y), p in joint.items():
        left[a] = left.get(a, 0) + p
        right[y] = right.get(y, 0) + p
    return sum(p * np.log2(p / (left[a] * right[y])) for (a, y), p in joint.items() if p > 0)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 10), min_size=4, max_size=4).filter(any))
def test_the_synergy_is_that_of_the_table_of_what_each_modality_reads(weights: list[int]) -> None:
    # A modality reads the source and, unless it is the other's unique one, a bit.
    p = np.array(weights) / sum(weights)
    mixture = spec.Mixture(**dict(zip(("unique_1", "unique_2", "redundant", "synergy"), p, strict=True)))
    tables: list[dict[tuple[object, int], float]] = [{}, {}, {}]
    for (source, mass), y, first in product(mixture.model_dump().items(), (0, 1), (0, 1)):
        said = (first, first ^ y) if source == "synergy" else (y, y)
        reads = [(source, said[m] if m in CARRIERS[source] else None) for m in (0, 1)]
        for table, seen in zip(tables, (reads[0], reads[1], tuple(reads)), strict=True):
            table[seen, y] = table.get((seen, y), 0) + mass / 4
    one, two, both = (bits_of(table) for table in tables)
    dataset = load(spec.PidXor(mixture=mixture, train=20, validation=20, test=20))
    assert dataset.synergy == pytest.approx(both - max(one, two), abs=1e-9)


def test_the_oracle_marks_the_synergy_block_of_synergy_examples_only() -> None:
    dataset = load(spec.PidXor(mixture=EVEN))
    assert dataset.oracle is not None
    expected = (dataset.source == "synergy")[:, None] & np.isin(np.arange(32), np.arange(12, 18))
    for here in dataset.oracle.values():
        np.testing.assert_array_equal(here, expected)


@pytest.mark.parametrize(
    "changes",
    [
        {"mixing": spec.Rotated()},
        {"mixing": spec.RotatedPartial()},
        {"mixing": spec.RotatedTanh()},
        {"mixing": spec.MlpMixer()},
        {"mixture": spec.Mixture(unique_1=0.5, unique_2=0, redundant=0.5, synergy=0)},
    ],
    ids=str,
)
def test_where_no_coordinate_carries_the_synergy_there_is_no_oracle(changes: dict[str, object]) -> None:
    recipe = spec.PidXor().model_copy(update=changes)
    assert not recipe.info().oracle
    assert load(recipe).oracle is None
