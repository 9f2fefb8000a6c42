"""I2M2 is a product of experts, normalised."""

import math

import pytest
import torch
from torch import nn

from synib.models import MultimodalClassifier
from synib.objectives.rivals.i2m2 import I2M2
from tests.synib.examples import experiment


def last_layer(module: nn.Module) -> nn.Linear:
    *_, last = (part for part in module.modules() if isinstance(part, nn.Linear))
    return last


def test_the_loss_is_that_of_the_normalised_product() -> None:
    # Experts (.5, .5), (.8, .2), (.6, .4): products .24 and .04, so q = (6/7, 1/7) and -log 6/7 = .154151.
    asked = experiment()
    model = MultimodalClassifier(asked, asked.dataset.info(), predict=I2M2.predict)
    experts = {model.fusion: (0.5, 0.5), model.unimodal["x1"]: (0.8, 0.2), model.unimodal["x2"]: (0.6, 0.4)}
    with torch.no_grad():
        for part, probabilities in experts.items():
            layer = last_layer(part)
            layer.weight.zero_()
            layer.bias.copy_(torch.tensor(probabilities).log())
    x = {name: torch.randn(5, 3, generator=torch.Generator().manual_seed(0)) for name in ("x1", "x2")}
    losses = I2M2()(model, x, torch.zeros(5, dtype=torch.int64))
    assert losses.total.item() == pytest.approx(0.154151, abs=1e-6)
    assert losses.task.item() == pytest.approx(-math.log(6 / 7), abs=1e-6)
    assert model(x).softmax(dim=1)[0, 0].item() == pytest.approx(6 / 7, abs=1e-6)


def test_every_expert_learns_from_the_product() -> None:
    asked = experiment()
    model = MultimodalClassifier(asked, asked.dataset.info(), predict=I2M2.predict)
    x = {name: torch.randn(5, 3, generator=torch.Generator().manual_seed(0)) for name in ("x1", "x2")}
    I2M2()(model, x, torch.zeros(5, dtype=torch.int64)).total.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
