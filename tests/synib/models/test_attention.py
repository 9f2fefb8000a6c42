"""Attention layers are torch's own, token by token, and see nothing that is not there."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from synib.models.attention import Attention, TransformerLayer
from synib.models.tokens import mean_of, pooled, tokens

DOUBLE = torch.float64


def layer(width: int = 8, heads: int = 2) -> TransformerLayer:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return TransformerLayer(width, heads).double()


def test_attention_by_hand() -> None:
    # One head, d = 1, weights 1, biases 0: queries 0 and ln 2, keys and values 1 and 0.
    # Query 0 mixes evenly: 1/2. Query ln 2 scores ln 2 and 0, so it weighs 2 : 1: 2/3.
    attention = Attention(1, 1).double().requires_grad_(False)
    for parameter in attention.parameters():
        parameter.fill_(1.0 if parameter.ndim == 2 else 0.0)
    x = torch.tensor([[[0.0], [math.log(2)]]], dtype=DOUBLE)
    source = torch.tensor([[[1.0], [0.0], [99.0]]], dtype=DOUBLE)
    mixed = attention(x, source, torch.tensor([[True, True, False]]))
    torch.testing.assert_close(mixed, torch.tensor([[[1 / 2], [2 / 3]]], dtype=DOUBLE))


def test_a_layer_is_torchs_pre_norm_layer() -> None:
    mine = layer()
    oracle = nn.TransformerEncoderLayer(
        8, 2, 32, dropout=0.0, activation="gelu", batch_first=True, norm_first=True, dtype=DOUBLE
    )
    parts = mine.attention.query, mine.attention.key_value
    before, wide, _, narrow, _ = mine.feed_forward
    oracle.load_state_dict(
        {
            "self_attn.in_proj_weight": torch.cat([part.weight for part in parts]),
            "self_attn.in_proj_bias": torch.cat([part.bias for part in parts]),
            "self_attn.out_proj.weight": mine.attention.out.weight,
            "self_attn.out_proj.bias": mine.attention.out.bias,
            **{f"norm1.{name}": value for name, value in mine.before_attention.state_dict().items()},
            **{f"norm2.{name}": value for name, value in before.state_dict().items()},
            **{f"linear1.{name}": value for name, value in wide.state_dict().items()},
            **{f"linear2.{name}": value for name, value in narrow.state_dict().items()},
        }
    )
    x = torch.randn(5, 4, 8, dtype=DOUBLE, generator=torch.Generator().manual_seed(0))
    seen = torch.rand(5, 4, generator=torch.Generator().manual_seed(2)) < 0.6
    seen[:, 1] = True
    torch.testing.assert_close(mine(x, seen)[seen], oracle(x, src_key_padding_mask=~seen)[seen])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), junk=st.floats(-1e6, 1e6))
def test_what_is_not_seen_changes_nothing_that_is(seed: int, junk: float) -> None:
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(3, 5, 8, dtype=DOUBLE, generator=g)
    seen = torch.rand(3, 5, generator=g) < 0.5
    seen[:, 2] = True
    other = torch.where(seen[..., None], x, junk)
    torch.testing.assert_close(layer()(x, seen)[seen], layer()(other, seen)[seen])
    torch.testing.assert_close(mean_of(x, seen), mean_of(other, seen))


def test_the_mean_is_over_the_tokens_that_are_there() -> None:
    nan = math.nan
    z = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [nan, nan]], [[nan, nan]] * 3])
    assert pooled(z).tolist() == [[2.0, 4.0], [0.0, 0.0]]
    assert torch.equal(pooled(z[:1, 0]), z[:1, 0])


def test_a_vector_is_one_token_and_nothing_is_one_of_zeros() -> None:
    vector = torch.tensor([[1.0, math.nan]])
    values, seen = tokens(vector)
    assert torch.equal(values.nan_to_num(7), torch.tensor([[[1.0, 7.0]]]))  # a vector is always there
    assert seen.tolist() == [[True]]
    values, seen = tokens(torch.full((1, 3, 2), math.nan))
    assert values.tolist() == [[[0.0, 0.0]] * 3]
    assert seen.tolist() == [[True, False, False]]


def test_a_token_that_is_partly_nan_is_a_fault_and_not_padding() -> None:
    # A diverged encoder must not look like an absent modality.
    values, seen = tokens(torch.tensor([[[1.0, math.nan]]]))
    assert seen.all()
    assert values.isnan().any()


@pytest.mark.parametrize("T", [1, 3])
def test_gradients_of_padding_are_zero_and_finite(T: int) -> None:
    z = torch.full((2, T, 4), math.nan, dtype=DOUBLE)
    z[0, 0] = 1.0
    z.requires_grad_()
    pooled(z).square().sum().backward()
    assert z.grad is not None
    assert z.grad.isfinite().all()
    assert not z.grad[1].any()
