"""The late ensemble is k separate models."""

import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from synib.objectives.rivals.late_ensemble import LateEnsemble
from tests.synib.rivals.toys import Toy, batch, gradients


def test_the_loss_is_the_sum_of_the_heads_own() -> None:
    # Heads that say nothing: log 2 nats each, three of them.
    model, (x, y) = Toy("abc", predict="heads"), batch("abc")
    for head in model.unimodal.values():
        torch.nn.init.zeros_(head.weight)
    losses = LateEnsemble()(model, x, y)
    assert losses.total.item() == pytest.approx(3 * math.log(2))
    assert losses.penalty.item() == losses.heads.item() == 0


def test_a_head_teaches_no_other_encoder_and_nobody_teaches_the_fusion() -> None:
    model, (x, y) = Toy(predict="heads"), batch()
    objective = LateEnsemble()
    objective.backward(model, objective(model, x, y))
    together = [gradient.clone() for gradient in gradients(model.encoders["a"]) if gradient is not None]
    model.zero_grad()
    cross_entropy(model.unimodal["a"](model.encoders["a"](x["a"])), y).backward()
    (alone,) = gradients(model.encoders["a"])
    torch.testing.assert_close(together, [alone])
    assert gradients(model.encoders["b"]) == [None]
    assert all(gradient is None for gradient in gradients(model.fusion))


def test_the_prediction_of_the_ensemble_is_the_sum_of_logits() -> None:
    assert LateEnsemble.predict == "heads"
