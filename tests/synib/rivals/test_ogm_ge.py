"""OGM-GE damps who is ahead and nobody else."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from synib import spec
from synib.objectives.objective import Network
from synib.objectives.rivals.ogm_ge import OgmGe, coefficients, scores
from synib.objectives.vanilla import Vanilla
from tests.synib.rivals.toys import Toy, batch, generator


def values(tensors: dict[str, Tensor]) -> dict[str, float]:
    return {name: tensor.item() for name, tensor in tensors.items()}


def test_a_modality_that_is_twice_as_sure_is_damped_by_tanh() -> None:
    # rho = .8 / .4 = 2, alpha .5: 1 - tanh(1) = .238406; the other's rho is 1/2: untouched.
    found = values(coefficients({"a": torch.tensor(0.8), "b": torch.tensor(0.4)}, alpha=0.5))
    assert found == {"a": pytest.approx(0.238406, abs=1e-6), "b": 1}


def test_one_of_three_is_compared_with_the_mean_of_the_others() -> None:
    # a: .6 / mean(.3, .1) = 3; b: .3 / mean(.6, .1) = .857; c: .1 / .45. Alpha .1: 1 - tanh(.3) = .708687.
    sums = {"a": torch.tensor(0.6), "b": torch.tensor(0.3), "c": torch.tensor(0.1)}
    found = values(coefficients(sums, alpha=0.1))
    assert found == {"a": pytest.approx(0.708687, abs=1e-6), "b": 1, "c": 1}


@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=5), st.floats(0, 5))
def test_the_last_is_never_damped_and_nobody_is_turned_round(sums: list[float], alpha: float) -> None:
    found = list(coefficients({str(i): torch.tensor(s) for i, s in enumerate(sums)}, alpha).values())
    assert found[sums.index(min(sums))].item() == pytest.approx(1) or len(set(sums)) == 1
    assert all(0 <= k.item() <= 1 for k in found)


def test_scores_are_the_heads_probabilities_of_the_label() -> None:
    # Logits (log 3, 0) give the first class 3/4: labels 0, 1, 0 sum to 3/4 + 1/4 + 3/4.
    heads = {"a": torch.tensor([[math.log(3), 0.0]]).repeat(3, 1)}
    network = Network(encode=dict, fuse=lambda z: z["a"], heads=lambda z: heads)
    assert values(scores(network, {}, torch.tensor([0, 1, 0]))) == {"a": pytest.approx(1.75)}


def trained(objective: Vanilla | OgmGe, epoch: int = 0) -> Toy:
    """A step's gradients; a's head is nearly certain of the truth, b's of nothing."""
    model, (x, y) = Toy(), batch(size=64)
    x["a"] = torch.stack([1.0 - y, y.float()], dim=1)
    with torch.no_grad():
        model.encoders["a"].weight.copy_(torch.eye(2))
        model.unimodal["a"].weight.copy_(4 * torch.eye(2))
        model.unimodal["b"].weight.zero_()
    objective.begin_epoch(epoch)
    objective.backward(model, objective(model, x, y, generator=generator()))
    return model


def grad(model: Toy, part: str) -> Tensor:
    gradient = model.get_parameter(part).grad
    assert gradient is not None
    return gradient


def test_the_weak_modality_the_heads_and_the_fusion_learn_as_ever() -> None:
    vanilla, modulated = trained(Vanilla()), trained(OgmGe(spec.OgmGe(alpha=0.5, enhance=False)))
    for name, _ in vanilla.named_parameters():
        if name != "encoders.a.weight":
            assert torch.equal(grad(vanilla, name), grad(modulated, name)), name
    # a gives the label 1 / (1 + e^-4) = .982014, b 1/2: rho = 1.964028, 1 - tanh(.982014) = .246064.
    expected = 0.246064 * grad(vanilla, "encoders.a.weight")
    torch.testing.assert_close(grad(modulated, "encoders.a.weight"), expected, rtol=1e-4, atol=1e-8)


def test_enhancement_adds_noise_of_the_gradients_own_spread() -> None:
    objective = OgmGe(spec.OgmGe())
    objective.generator = generator()
    gradient = 3 + 0.5 * torch.randn(200, 100, generator=generator(1))
    noise = objective.modulated(gradient, torch.tensor(0.25)) - 0.25 * gradient
    assert noise.mean().item() == pytest.approx(0, abs=0.02)
    assert noise.std().item() == pytest.approx(0.5, rel=0.02)
    assert torch.equal(objective.modulated(torch.full((7,), 3.0), torch.tensor(1.0)), torch.full((7,), 3.0))
    assert objective.modulated(torch.tensor([2.0]), torch.tensor(1.0)).item() == 2


@pytest.mark.parametrize(("epoch", "modulates"), [(1, False), (2, True), (4, True), (5, False)])
def test_modulation_has_a_first_and_a_last_epoch(epoch: int, modulates: bool) -> None:
    modulated = trained(OgmGe(spec.OgmGe(start=2, end=4)), epoch)
    assert torch.equal(
        grad(trained(Vanilla()), "encoders.b.weight"), grad(modulated, "encoders.b.weight")
    ) == (not modulates)
