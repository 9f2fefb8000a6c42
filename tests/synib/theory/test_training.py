"""What docs/theory.md says of training, found by the product's own objectives on whole small populations."""

import itertools
import math
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from synib import SynIB, spec
from synib.objectives import Vanilla
from synib.objectives.controls.label_smoothing import LabelSmoothing
from synib.objectives.controls.masking_only import MaskingOnly
from synib.objectives.masking import Masking
from synib.objectives.objective import Examples, Network
from tests.synib.theory.joints import X1, Y, information, posterior
from tests.synib.theory.optimum import best
from tests.synib.theory.tables import Additive, Counts, Exact, Table, fit, population

COUNTS = np.random.default_rng(2).integers(1, 9, size=(2, 3, 3))
"""Of x1, x2 and y; dependent."""
P = COUNTS / COUNTS.sum()


def tables(counts: Counts) -> Table:
    return Table(counts.shape[:-1], counts.shape[-1])


@pytest.mark.parametrize(
    "mask",
    [
        spec.NoMask(),
        spec.FullMask(fill="shuffle"),
        spec.RandomMask(rate=0.5, fill="shuffle"),
        spec.RandomMask(rate=0.5, fill="mean"),
    ],
    ids=["none", "full donor", "half donors", "half shown"],
)
@pytest.mark.parametrize("weight", [0.3, 3.0])
def test_training_finds_the_shared_optimum(mask: spec.Mask, weight: float) -> None:
    """Statement 13."""
    x, y = population(COUNTS)
    model = tables(COUNTS)
    fit(SynIB(weight, mask), model, x, y)
    law = model.withheld_law(len(y), 1 if isinstance(mask, spec.NoMask) else 2)
    exact, found = posterior(P, (0, 1)), model.forecast()
    for cell in itertools.product(range(2), range(3)):
        a = weight * law[cell] / P[cell].sum()
        assert found[cell] == pytest.approx(best(exact[cell], np.full(3, 1 / 3), a), abs=1e-5)


@pytest.mark.parametrize("weight", [0.1, 100.0])
def test_a_fill_that_shows_leaves_the_intact_optimum_alone(weight: float) -> None:
    """Statement 18."""
    x, y = population(COUNTS)
    exact, prior = posterior(P, (0, 1)), P.sum((0, 1))
    for reference, r in (("uniform", np.full(3, 1 / 3)), ("class_prior", prior)):
        model = tables(COUNTS)
        objective = SynIB(weight, spec.FullMask(fill="mean"), reference)
        objective.begin(model, Examples(x, y), Examples(x, y))
        fit(objective, model, x, y)
        assert model.forecast()[:2, :3] == pytest.approx(exact, abs=1e-5)
        for withheld in (model.forecast()[2, :3], model.forecast()[:2, 3]):
            assert withheld == pytest.approx(np.broadcast_to(r, withheld.shape), abs=1e-4)
    # The same masks with labels: the withheld answer is what the seen modality knows.
    model = tables(COUNTS)
    fit(MaskingOnly(weight, spec.FullMask(fill="mean")), model, x, y)
    assert model.forecast()[:2, :3] == pytest.approx(exact, abs=1e-4)
    assert model.forecast()[2, :3] == pytest.approx(posterior(P, (1,))[0], abs=1e-4)
    assert model.forecast()[:2, 3] == pytest.approx(posterior(P, (0,))[:, 0], abs=1e-4)


def test_shuffled_donors_of_independent_modalities_make_it_the_confidence_penalty() -> None:
    """Statement 16."""
    rng = np.random.default_rng(4)
    one, two = np.array([100, 300]), np.array([20, 30, 50])
    x, y = population(np.multiply.outer(np.multiply.outer(one, two), np.array([1, 1])))  # 80,000 examples
    model = Table((2, 3), 2)
    model.logits.data = torch.tensor(rng.normal(size=model.logits.shape) * 2)
    by_donor, on_intact = (
        SynIB(1.0, mask)(model, x, y, generator=torch.Generator().manual_seed(0)).penalty.item()
        for mask in (spec.FullMask(fill="shuffle"), spec.NoMask())
    )
    # 160,000 withheld rows; the divergence of a row has a spread of at most log 2 / 2.
    assert abs(by_donor - on_intact) < 5 * (math.log(2) / 2) / math.sqrt(80_000)
    assert on_intact > 0.1


def test_an_additive_model_loses_everything_that_one_modality_tells() -> None:
    """Statement 19."""
    x, y = population(COUNTS)
    free, bound = Additive((2, 3), 3), Additive((2, 3), 3)
    fit(Vanilla(), free, x, y)
    fit(SynIB(1e4, spec.FullMask(fill="mean")), bound, x, y)
    grid = {"m0": torch.arange(2.0).repeat_interleave(3)[:, None], "m1": torch.arange(3.0).repeat(2)[:, None]}
    forecast = bound(grid).softmax(-1).detach().numpy()
    assert forecast == pytest.approx(np.tile(P.sum((0, 1)), (6, 1)), abs=2e-3)
    assert np.ptp(free(grid).softmax(-1).detach().numpy(), axis=0).max() > 0.1


class PresenceDetector(nn.Module):
    """Answers from m1 alone, but only where it sees that m0 is there, and from m0 never."""

    def forward(self, x: Mapping[str, Tensor]) -> Tensor:
        both_there = ((x["m0"] == x["m0"].round()) & (x["m1"] == x["m1"].round())).double()
        sure = torch.cat([-20 * (2 * x["m1"] - 1), 20 * (2 * x["m1"] - 1)], 1)
        return both_there * sure


def test_a_presence_detector_pays_nothing_and_stays_unimodal() -> None:
    """Statement 19."""
    counts = np.zeros((2, 2, 2), dtype=np.int64)
    counts[:, range(2), range(2)] = 8  # y = x2
    x, y = population(counts)
    losses = SynIB(1e6, spec.FullMask(fill="mean"))(PresenceDetector(), x, y)
    assert losses.penalty.item() == pytest.approx(0, abs=1e-9)
    assert losses.task.item() == pytest.approx(0, abs=1e-9)
    donor = SynIB(1.0, spec.FullMask(fill="shuffle"))
    seen = donor(PresenceDetector(), x, y, generator=torch.Generator().manual_seed(0)).penalty.item()
    assert seen == pytest.approx(math.log(2), abs=1e-6)


def test_label_smoothing_finds_the_mixture() -> None:
    """Statement 20."""
    x, y = population(COUNTS)
    model = tables(COUNTS)
    fit(LabelSmoothing(0.2), model, x, y)
    assert model.forecast()[:2, :3] == pytest.approx(0.8 * posterior(P, (0, 1)) + 0.2 / 3, abs=1e-5)


def test_exact_answers_pay_for_pairs_of_three_or_for_single_modalities() -> None:
    """Statement 11."""

    def penalties(label: int) -> list[float]:
        counts = np.zeros((2, 2, 2, 2), dtype=np.int64)
        for x in itertools.product(range(2), repeat=3):
            counts[(*x, sum(x[:label]) % 2)] = 4
        model = Exact(counts / counts.sum())
        data = population(counts)
        masks = spec.FullMask(fill="mean")
        return [
            SynIB(1.0, masks, withhold=how)(model, *data).penalty.item() for how in ("one", "all_but_one")
        ]

    assert penalties(label=2) == pytest.approx([math.log(2) / 3, 0], abs=1e-9)  # y = x1 xor x2
    assert penalties(label=3) == pytest.approx([0, 0], abs=1e-9)  # parity


class SumHead(nn.Module):
    """Its head says that the label is 1 if more coordinates are up than down."""

    def encode(self, x: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return dict(x)

    def heads(self, z: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: torch.stack([-v.sum(1), v.sum(1)], 1) for name, v in z.items()}

    def fuse(self, z: Mapping[str, Tensor]) -> Tensor:
        return sum(self.heads(z).values(), start=torch.zeros(()))


def told_by(mask: spec.Mask) -> float:
    """Bits of an independent label in two coordinates of pure noise, after the product's mask."""
    bits, y = population(np.full((2, 2, 2), 500))
    x = {"m0": torch.cat(list(bits.values()), 1) * 2 - 1}
    views = Masking(mask)(Network.of(SumHead()), x, y, torch.Generator().manual_seed(0))
    shown = views.stacked["m0"][len(y) :].round(decimals=3)
    _, kind = shown.unique(dim=0, return_inverse=True)
    joint = np.zeros((int(kind.max()) + 1, 1, 2))
    np.add.at(joint[:, 0], (kind.numpy(), y.numpy()), 1 / len(y))
    return information(joint, X1, Y) / math.log(2)


@pytest.mark.parametrize("polarity", ["keep", "destroy"])
def test_the_learned_mask_tells_the_label_of_pure_noise(polarity: str) -> None:
    """Statement 10."""
    asked = {"kind": "learned", "polarity": polarity, "fill": "mean"}
    hard, soft = (spec.LearnedMask.model_validate(asked | {"hard": hard}) for hard in (True, False))
    assert told_by(hard) == pytest.approx(0.5, abs=0.01)
    assert told_by(soft) == pytest.approx(1.0, abs=0.01)
    assert told_by(spec.RandomMask(rate=0.5, fill="mean")) < 0.01
