"""Encoders of series: what a gated recurrent unit computes, and that padding is not heard."""

import math
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor, nn

from synib import spec
from synib.counting import encoder_parameters
from synib.models.gru import GruEncoder
from synib.models.parts import encoders

T, D = 6, 3
WAYS = pytest.mark.parametrize(
    "asked",
    [
        spec.Gru(features=4),
        spec.Gru(features=8, layers=2),
        spec.Gru(features=8, layers=2, bidirectional=True),
    ],
    ids=str,
)


def network(asked: spec.Gru) -> GruEncoder:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return GruEncoder(asked, (T, D)).double()


def series(rows: int = 4) -> Tensor:
    return torch.randn(rows, T, D, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_a_gated_recurrent_unit_by_hand() -> None:
    # One value, one unit, weights 1, biases 0, from h = 0, x = ln 3: r and z are sigmoid(ln 3) = 3/4,
    # n = tanh(ln 3 + r · 0) = 4/5, h = (1 - z) n = 1/5.
    encoder = GruEncoder(spec.Gru(features=1), (1, 1)).double().requires_grad_(False)
    for parameter in encoder.parameters():
        parameter.fill_(1.0 if parameter.ndim == 2 else 0.0)
    x = torch.tensor([[[math.log(3)]]], dtype=torch.float64)
    torch.testing.assert_close(encoder(x), torch.tensor([[0.2]], dtype=torch.float64))


@WAYS
def test_padding_is_not_heard_wherever_it_stands(asked: spec.Gru) -> None:
    encoder, whole = network(asked), series()
    x = whole.clone()
    x[:, 4:] = math.nan
    alone = encoder(whole[:, :4])
    torch.testing.assert_close(encoder(x), alone)
    scattered = torch.full((4, T, D), math.nan, dtype=torch.float64)
    scattered[:, [0, 2, 3, 5]] = whole[:, :4]
    torch.testing.assert_close(encoder(scattered), alone)
    assert not torch.allclose(encoder(whole), alone)


@WAYS
def test_an_example_is_read_alike_whoever_is_beside_it(asked: spec.Gru) -> None:
    encoder, x = network(asked), series()
    x[1, 2:] = math.nan
    x[2] = math.nan
    x[3, 1, 0] = math.nan  # one value: the mean
    together = encoder(x)
    assert together.isfinite().all()
    for row in range(4):
        torch.testing.assert_close(encoder(x[row : row + 1])[0], together[row])


@WAYS
def test_order_matters_and_gradients_are_finite(asked: spec.Gru) -> None:
    encoder, x = network(asked), series()
    x[0, 3:] = math.nan
    x.requires_grad_()
    state = encoder(x)
    state.square().sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()
    assert not x.grad[0, 3:].any()
    assert (encoder(x.detach().flip(1)) - state).abs().max() > 1e-3


def test_a_convolution_over_steps_is_one_over_an_image_of_one_column() -> None:
    line = spec.Cnn(channels=[4, 5], features=6)
    over_steps = encoders[spec.Cnn](line, (T, D))
    convolutions = [part for part in over_steps.modules() if isinstance(part, nn.Conv1d)]
    x = torch.randn(2, T, D)
    y = x.mT[..., None]  # (B, d, T, 1)
    for depth, part in enumerate(convolutions):
        if depth:
            y = nn.functional.max_pool2d(y, (2, 1))
        kernel = torch.zeros(*part.weight.shape, 3)
        kernel[..., 1] = part.weight.detach()
        y = nn.functional.conv2d(y, kernel, part.bias, padding=1).relu()
    last = next(part for part in over_steps.modules() if isinstance(part, nn.Linear))
    torch.testing.assert_close(over_steps(x), last(y.flatten(1)).relu())


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "cnn", "channels": [3, 4], "features": 7},
        {"kind": "gru", "features": 7},
        {"kind": "gru", "features": 8, "layers": 3, "bidirectional": True},
    ],
)
def test_parameters_of_an_encoder_of_series_are_counted(asked: dict[str, Any]) -> None:
    encoder = TypeAdapter[spec.Encoder](spec.Encoder).validate_python(asked)
    built = encoders[type(encoder)](encoder, (T, D))
    assert encoder_parameters(encoder, (T, D)) == sum(p.numel() for p in built.parameters())
