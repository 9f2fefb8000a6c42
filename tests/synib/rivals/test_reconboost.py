"""ReconBoost: whose turn it is, and what a learner learns from."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from synib import spec
from synib.objectives.rivals.reconboost import ReconBoost, divergence
from tests.synib.rivals.toys import Toy, batch, gradients


def boosting(epoch: int = 0, **settings: float) -> ReconBoost:
    objective = ReconBoost(spec.ReconBoost.model_validate(settings))
    objective.begin_epoch(epoch)
    return objective


def test_modalities_take_turns_and_all_are_rectified_after_each() -> None:
    turns = [boosting(epoch, stage=2, rectification=1).turn(["a", "b", "c"]) for epoch in range(12)]
    a, b, c, all_of_them = ("a", None), ("b", "a"), ("c", "b"), (None, None)
    assert turns == [
        a,
        a,
        all_of_them,
        b,
        b,
        all_of_them,
        c,
        c,
        all_of_them,
        ("a", "c"),
        ("a", "c"),
        all_of_them,
    ]


def constant(logits: dict[str, tuple[float, float]]) -> tuple[Toy, dict[str, Tensor], Tensor]:
    """A model whose heads say the same of everything, and examples of class 0."""
    model = Toy("".join(logits), predict="heads")
    with torch.no_grad():
        for name, said in logits.items():
            model.encoders[name].weight.copy_(torch.eye(2))
            model.unimodal[name].weight.copy_(torch.tensor(said)[:, None] * torch.tensor([[1.0, 0.0]]))
    x = {name: torch.tensor([[1.0, 0.0]]).repeat(4, 1) for name in logits}
    return model, x, torch.zeros(4, dtype=torch.int64)


def test_the_loss_of_a_stage_is_as_worked_by_hand() -> None:
    # b learns, with q_b = (1/2, 1/2) and q_a = (3/4, 1/4). CE = log 2 = .693147;
    # KL(q_a ‖ q_b) = 3/4 log 3/2 + 1/4 log 1/2 = .130812; mean squared distance (1/16 + 1/16) / 2 = .0625.
    model, x, y = constant({"a": (math.log(3), 0.0), "b": (0.0, 0.0)})
    losses = boosting(8, reconcilement=0.2, consolidation=0.5)(model, x, y)
    assert losses.task.item() == pytest.approx(0.693147, abs=1e-6)
    assert losses.penalty.item() == pytest.approx(-0.2 * 0.130812 + 0.5 * 0.0625, abs=1e-6)


def test_the_first_stage_has_nobody_before_it_to_agree_with() -> None:
    # a learns: KL(q_b ‖ q_a) = 1/2 log 2/3 + 1/2 log 2 = .143841.
    model, x, y = constant({"a": (math.log(3), 0.0), "b": (0.0, 0.0)})
    losses = boosting(0, reconcilement=0.2, consolidation=0.5)(model, x, y)
    assert losses.penalty.item() == pytest.approx(-0.2 * 0.143841, abs=1e-6)


def test_with_reconcilement_1_a_stage_follows_the_residual_of_gradient_boosting() -> None:
    # Friedman: the direction of descent is y - q of the ensemble so far, whatever the learner says.
    g = torch.Generator().manual_seed(0)
    fixed, logits = torch.randn(6, 3, generator=g), torch.randn(6, 3, generator=g).requires_grad_()
    y = torch.tensor([0, 1, 2, 0, 1, 2])
    (cross_entropy(logits, y) - divergence(fixed, logits)).backward()
    residual = torch.eye(3)[y] - fixed.softmax(dim=1)
    torch.testing.assert_close(logits.grad, -residual / 6)


@pytest.mark.parametrize("modalities", ["ab", "abcde"])
def test_only_the_learner_gets_gradients_in_its_stage(modalities: str) -> None:
    # None, not zero: an optimiser with momentum or decay moves a parameter whose gradient is zero.
    model, (x, y) = Toy(modalities, predict="heads"), batch(modalities)
    objective = boosting(0)
    objective.backward(model, objective(model, x, y))
    for name in modalities:
        parts = [*gradients(model.encoders[name]), *gradients(model.unimodal[name])]
        assert all((gradient is not None) == (name == "a") for gradient in parts)
    assert all(gradient is None for gradient in gradients(model.fusion))


def test_the_agreement_has_a_gradient() -> None:
    model, x, y = constant({"a": (math.log(3), 0.0), "b": (0.0, 0.0)})
    with_it, without = (boosting(8, reconcilement=0, consolidation=weight) for weight in (0.5, 0))
    found = []
    for objective in (with_it, without):
        model.zero_grad()
        objective.backward(model, objective(model, x, y))
        found.append(model.unimodal["b"].weight.grad)
    assert not torch.equal(found[0], found[1])


def test_rectification_is_cross_entropy_of_the_sum_of_logits() -> None:
    model, (x, y) = Toy(predict="heads"), batch()
    losses = boosting(4)(model, x, y)
    expected = cross_entropy(sum(model.heads(model.encode(x)).values()), y)
    torch.testing.assert_close(losses.total, expected)
    losses.total.backward()
    assert all(gradient is not None for gradient in gradients(model.encoders))
