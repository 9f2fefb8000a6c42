"""MCR: influence, the game that is played for it, and the terms beside it."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from synib import spec
from synib.objectives.objective import Network
from synib.objectives.rivals.mcr import Mcr, jensen_shannon, nt_xent
from tests.synib.rivals.toys import Toy, batch, generator, gradients


def logits(*probabilities: float) -> Tensor:
    return torch.tensor(probabilities, dtype=torch.float64).log()


def test_the_divergence_is_as_worked_by_hand() -> None:
    # (.5, .5) and (.9, .1) have the middle (.7, .3); the KLs to it are .087177 and .116322: half their sum.
    assert jensen_shannon(logits(0.5, 0.5), logits(0.9, 0.1)).item() == pytest.approx(0.101749, abs=1e-6)


@given(st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30)), min_size=2, max_size=6))
def test_the_divergence_is_symmetric_and_at_most_one_bit(pairs: list[tuple[float, float]]) -> None:
    one, other = (torch.tensor(column, dtype=torch.float64) for column in zip(*pairs, strict=True))
    there, back = jensen_shannon(one, other).item(), jensen_shannon(other, one).item()
    assert there == pytest.approx(back, abs=1e-12)
    assert -1e-12 <= there <= math.log(2) + 1e-12


def test_the_contrastive_term_is_as_worked_by_hand() -> None:
    # Two classes on two axes in both modalities, T = 1/2: an anchor has one positive at cosine 1 and two
    # negatives at 0, so -log(e² / (e² + 2)) = log(1 + 2 e^-2) = .239545.
    axes = torch.eye(2)
    assert nt_xent({"a": 3 * axes, "b": axes}, torch.tensor([0, 1]), 0.5).item() == pytest.approx(
        0.239545, abs=1e-6
    )
    # All of one class: nothing to keep apart.
    alone = nt_xent({"a": axes.requires_grad_(), "b": axes}, torch.tensor([0, 0]), 0.5)
    assert alone.item() == 0
    alone.backward()
    assert axes.grad is not None
    assert axes.grad.isfinite().all()


def game_only(model: Toy, x: dict[str, Tensor], y: Tensor, **settings: Any) -> Tensor:
    only = {"weight": 1.0, "contrastive": 0.0, "bottleneck": 0.0, "permutations": 3} | settings
    objective = Mcr(spec.Mcr.model_validate(only), dict.fromkeys(x, 2), classes=2)
    return objective(model, x, y, generator=generator()).penalty


def influence(model: Toy, z: dict[str, Tensor]) -> dict[str, Tensor]:
    """Of each modality, the slow way, from the same three permutations each."""
    g, found = generator(), {}
    for mover in z:
        moved = [z | {mover: z[mover][torch.randperm(len(z[mover]), generator=g)]} for _ in range(3)]
        found[mover] = torch.stack(
            [jensen_shannon(model.fuse(z), model.fuse(m)).mean() for m in moved]
        ).mean()
    return found


@pytest.mark.parametrize("modalities", ["ab", "abc"])
@pytest.mark.parametrize(("strategy", "k"), [("greedy", -1), ("independent", 0), ("collaborative", 1)])
def test_every_encoder_plays_for_its_influence_and_the_fusion_does_not_play(
    modalities: str, strategy: str, k: int
) -> None:
    model, (x, y) = Toy(modalities), batch(modalities)
    penalty = game_only(model, x, y, strategy=strategy)
    penalty.backward()
    found = {name: model.encoders[name].weight.grad for name in modalities}
    assert all(gradient is None for gradient in gradients(model.fusion))

    worth = influence(model, model.encode(x))
    assert penalty.item() == pytest.approx(-torch.stack(list(worth.values())).mean().item(), rel=1e-5)
    for name in modalities:
        others = torch.stack([value for other, value in worth.items() if other != name]).mean()
        (expected,) = torch.autograd.grad(
            -worth[name] - k * others, model.encoders[name].weight, retain_graph=True
        )
        torch.testing.assert_close(found[name], expected, rtol=1e-4, atol=1e-7)


def test_a_modality_that_the_fusion_ignores_has_no_influence() -> None:
    model, (x, y) = Toy(), batch()
    with torch.no_grad():
        model.fusion[0].weight[:, 2:] = 0
    game_only(model, x, y, strategy="independent").backward()
    gradient = model.encoders["b"].weight.grad
    assert gradient is not None
    assert gradient.abs().max().item() == 0
    network = Network.of(model)
    assert influence(model, network.encode(x))["b"].item() == pytest.approx(0, abs=1e-7)


def test_the_bottleneck_is_what_the_prediction_does_not_tell_of_the_representations() -> None:
    # A decoder that says 0: the mean square of all representations. No gradient reaches what it is told.
    model, (x, y) = Toy(), batch()
    objective = Mcr(spec.Mcr(weight=0, contrastive=0, bottleneck=2), {"a": 2, "b": 2}, classes=2)
    assert objective.decoder is not None
    for parameter in objective.decoder.parameters():
        torch.nn.init.zeros_(parameter)
    losses = objective(model, x, y)
    z = torch.cat(list(model.encode(x).values()), dim=1)
    assert losses.penalty.item() == pytest.approx(2 * z.square().mean().item(), rel=1e-6)
    losses.penalty.backward()
    assert all(gradient is None for gradient in gradients(model.fusion))
    assert all(gradient is not None for gradient in gradients(model.encoders))
