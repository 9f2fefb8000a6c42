"""Sequences: nothing depends on padding, on where it stands, or on how much of it there is."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from synib.models import moments_of
from tests.synib.models.networks import FUSIONS, TRANSFORMER, model

ANY = pytest.mark.parametrize("asked", FUSIONS.values(), ids=FUSIONS)
B, T, D = 4, 5, 3
SHAPES = {"words": (T, D), "frames": (4, 2), "age": (3,)}


def lengths(longest: int) -> list[int]:
    return [longest, 2, 1, longest - 1]


def batch(seed: int = 0) -> dict[str, Tensor]:
    """Sequences of several lengths, padded at the end, and a vector."""
    g = torch.Generator().manual_seed(seed)
    x = {name: torch.randn(B, *shape, generator=g) for name, shape in SHAPES.items()}
    for name, longest in (("words", T), ("frames", 4)):
        for row, length in enumerate(lengths(longest)):
            x[name][row, length:] = math.nan
    return x


def moved(values: Tensor, positions: list[int], longest: int) -> Tensor:
    """The steps that are there at other positions, in their order."""
    result = torch.full((B, longest, values.shape[2]), math.nan)
    for row, steps in enumerate(values):
        there = steps[~steps.isnan().all(1)]
        result[row, positions[: len(there)]] = there
    return result


def said(net: Any, x: dict[str, Tensor]) -> list[Tensor]:
    """Everything that the model says: the joint logits and the heads'."""
    z = net.encode(x)
    return [net.fuse(z), *net.heads(z).values()]


def same(one: list[Tensor], other: list[Tensor]) -> None:
    for a, b in zip(one, other, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


@ANY
@pytest.mark.parametrize("positions", [[3, 4, 5, 6, 7], [0, 2, 4, 5, 7], [0, 1, 2, 3, 4]])
def test_where_padding_stands_and_how_much_there_is_changes_nothing(
    asked: dict[str, Any], positions: list[int]
) -> None:
    x, longer = batch(), SHAPES | {"words": (8, D)}
    plain, padded = model(asked, SHAPES), model(asked, longer)
    weights = plain.state_dict()
    table = padded.state_dict()["encoders.words.positions"].clone()
    table[:T] = weights["encoders.words.positions"]
    normal = {f"{moment}_words": padded.get_buffer(f"{moment}_words") for moment in ("mean", "std")}
    padded.load_state_dict(weights | {"encoders.words.positions": table} | normal)
    same(said(padded, x | {"words": moved(x["words"], positions, 8)}), said(plain, x))


@ANY
def test_an_example_is_judged_alike_whoever_is_beside_it(asked: dict[str, Any]) -> None:
    net, x = model(asked, SHAPES), batch()
    everybody = said(net, x)
    for row in range(B):
        alone = said(net, {name: values[row : row + 1] for name, values in x.items()})
        same(alone, [logits[row : row + 1] for logits in everybody])


@ANY
def test_steps_that_are_there_do_matter_and_so_does_their_order(asked: dict[str, Any]) -> None:
    net, x = model(asked, SHAPES), batch()
    swapped = x | {"words": x["words"][:, [1, 0, 2, 3, 4]]}
    plain, other = net(x), net(swapped)
    assert (plain - other).abs().amax(1)[[0, 1, 3]].min() > 1e-6
    torch.testing.assert_close(plain[2], other[2], rtol=1e-4, atol=1e-5)  # one step has no order


@ANY
def test_gradients_are_finite_and_a_modality_that_is_all_padding_is_one(asked: dict[str, Any]) -> None:
    net, x = model(asked, SHAPES), batch()
    x["words"][0] = math.nan
    x["frames"][:] = math.nan
    x = {name: values.requires_grad_() for name, values in x.items()}
    logits = said(net, x)
    assert all(one.isfinite().all() for one in logits)
    torch.stack(logits).square().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in net.parameters())
    assert all(values.grad is not None and values.grad.isfinite().all() for values in x.values())
    assert x["words"].grad is not None
    assert not x["words"].grad[0].any()


def test_an_encoder_says_nan_for_padding_and_only_there() -> None:
    net, x = model(FUSIONS["mbt"], SHAPES), batch()
    z = net.encode(x)
    assert z["words"].shape == (B, T, 8)
    assert torch.equal(z["words"].isnan(), x["words"].isnan().all(2)[..., None].expand(B, T, 8))
    assert z["age"].isfinite().all()


def test_a_step_with_a_value_missing_is_there_with_the_mean_in_its_place() -> None:
    moments = moments_of({name: values.numpy() for name, values in batch().items()})
    net, x = model(FUSIONS["mult"], SHAPES, moments=moments), batch()
    missing, mean = ({name: values.clone() for name, values in x.items()} for _ in range(2))
    missing["words"][:, 0, 1] = math.nan
    mean["words"][:, 0, 1] = moments["words"].mean[1]
    same(said(net, missing), said(net, mean))


@pytest.mark.parametrize("name", ["words", "age"])
def test_an_mlp_takes_the_training_mean_for_what_is_not_there(name: str) -> None:
    moments = moments_of({name: values.numpy() for name, values in batch().items()})
    net = model(FUSIONS["concat"], SHAPES, {"kind": "mlp", "hidden": [6], "features": 5}, moments)
    x = batch()
    x["age"][1] = math.nan
    filled = x | {name: torch.where(x[name].isnan(), moments[name].mean, x[name])}
    same(said(net, filled), said(net, x))
    chain = net.chain(name, latent=False)
    assert chain is not None
    torch.testing.assert_close(chain.logits(chain.of(x[name])), net.heads(net.encode(x))[name])
    assert chain.slope(chain.of(x[name]), torch.zeros(B, dtype=torch.long)).isfinite().all()


# ---------------------------------------------------------------------------------------------- moments


def test_moments_of_a_sequence_are_of_its_steps_that_are_there() -> None:
    words = batch()["words"].numpy()
    steps = words.reshape(-1, D)
    moments = moments_of({"words": words})["words"]
    np.testing.assert_allclose(moments.mean, np.nanmean(steps, axis=0), rtol=1e-5)
    np.testing.assert_allclose(moments.std, np.nanstd(steps, axis=0), rtol=1e-5)


@settings(max_examples=20, deadline=None)
@given(front=st.integers(0, 4), end=st.integers(0, 4))
def test_moments_do_not_depend_on_how_much_padding_there_is(front: int, end: int) -> None:
    words = batch()["words"].numpy()
    padded = np.pad(words, ((0, 0), (front, end), (0, 0)), constant_values=np.nan)
    for one, other in zip(moments_of({"a": words})["a"], moments_of({"a": padded})["a"], strict=True):
        torch.testing.assert_close(one, other)


def test_what_is_never_there_has_mean_0_and_spread_1() -> None:
    values = np.full((6, 2), np.nan, dtype=np.float32)
    values[:3, 0] = [1, 2, 3]
    mean, std = moments_of({"a": values})["a"]
    assert mean.tolist() == [2.0, 0.0]
    assert std.tolist() == pytest.approx([math.sqrt(2 / 3), 1.0])


def test_a_transformer_reads_no_further_than_its_positions() -> None:
    net = model(FUSIONS["mbt"], {"words": (2, D), "frames": (2, D)}, TRANSFORMER)
    with pytest.raises((IndexError, RuntimeError)):
        net.encoders["words"](torch.ones(1, 3, D))
