"""Each fusion computes its paper's formula."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from synib import spec
from synib.models.film import Film
from synib.models.gated import Gated
from synib.models.late_sum import LateSum
from synib.models.low_rank import LowRank
from synib.models.mbt import Mbt
from synib.models.mult import Mult
from tests.synib.models.networks import FUSIONS, K, fusion, vectors

DOUBLE = torch.float64
ANY = pytest.mark.parametrize("asked", FUSIONS.values(), ids=FUSIONS)
INTERACTING = {kind: asked for kind, asked in FUSIONS.items() if kind != "late_sum"}
FUSING = pytest.mark.parametrize("asked", INTERACTING.values(), ids=INTERACTING)


def interaction(module: nn.Module, one: dict[str, Tensor], other: dict[str, Tensor]) -> Tensor:
    """f(a, b) - f(a', b) - f(a, b') + f(a', b') of the first two modalities, the rest as in ``one``."""
    a, b = list(one)[:2]
    corners = [one, one | {a: other[a]}, one | {b: other[b]}, one | {a: other[a], b: other[b]}]
    f = [module(corner) for corner in corners]
    return f[0] - f[1] - f[2] + f[3]


# ------------------------------------------------------------------------------------- what all have


@ANY
@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_any_number_of_modalities_of_any_width_is_fused(asked: dict[str, Any], k: int) -> None:
    z = vectors(k)
    module = fusion(asked, {name: latent.shape[1] for name, latent in z.items()})
    logits = module(z)
    assert logits.shape == (6, K)
    logits.square().sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


@ANY
@pytest.mark.parametrize("k", [2, 3])
def test_every_modality_is_heard(asked: dict[str, Any], k: int) -> None:
    z = vectors(k)
    module = fusion(asked, {name: latent.shape[1] for name, latent in z.items()})
    for name, latent in vectors(k, seed=1).items():
        assert (module(z) - module(z | {name: latent})).abs().amax(1).min() > 1e-6


@ANY
def test_an_example_is_fused_alike_whoever_is_beside_it(asked: dict[str, Any]) -> None:
    z = vectors(3)
    module = fusion(asked, {name: latent.shape[1] for name, latent in z.items()})
    order = torch.tensor([4, 0, 5, 1, 3, 2])
    torch.testing.assert_close(module({n: latent[order] for n, latent in z.items()}), module(z)[order])
    torch.testing.assert_close(module({n: latent[2:3] for n, latent in z.items()}), module(z)[2:3])


@ANY
def test_the_order_in_which_representations_are_handed_over_does_not_matter(asked: dict[str, Any]) -> None:
    z = vectors(3)
    module = fusion(asked, {name: latent.shape[1] for name, latent in z.items()})
    assert torch.equal(module(dict(reversed(z.items()))), module(z))


@ANY
def test_dropout_is_of_training_only(asked: dict[str, Any]) -> None:
    z = vectors(2)
    module = fusion(asked | {"dropout": 0.5}, {name: latent.shape[1] for name, latent in z.items()})
    assert not torch.equal(module(z), module(z))
    module.eval()
    assert torch.equal(module(z), module(z))


# ----------------------------------------------------------------------------------------- exclusive or


def fit(asked: dict[str, Any], lr: float) -> float:
    """Cross-entropy of exclusive or, in nats, after at most 150 steps of Adam."""
    bits = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
    y = bits.sum(1) % 2
    axis = torch.tensor([1.0, -0.5, 0.3], dtype=DOUBLE)
    z = {f"x{m}": torch.outer(bits[:, m] * 2.0 - 1, axis) for m in range(2)}
    module = fusion(asked, dict.fromkeys(z, 3), 2)
    optimizer = torch.optim.Adam(module.parameters(), lr)
    loss = math.inf
    for _ in range(150):
        error = cross_entropy(module(z), y)
        loss = error.item()
        if loss < 0.05:
            break
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
    return loss


@FUSING
def test_exclusive_or_is_learned(asked: dict[str, Any]) -> None:
    deep = asked["kind"] in ("mult", "mbt")
    wider = {"width": 16} if deep else {"hidden": 16}
    assert fit(asked | wider, 1e-3 if asked["kind"] == "mbt" else 0.01 if deep else 0.03) < 0.05


def test_late_sum_never_learns_exclusive_or() -> None:
    # The best additive logits say 1/2 to all four: ln 2.
    assert fit(FUSIONS["late_sum"], 0.03) >= math.log(2) - 1e-9


@settings(max_examples=20, deadline=None)
@given(k=st.integers(2, 5), seed=st.integers(0, 1000), hidden=st.sampled_from([0, 8]))
def test_late_sum_has_no_interaction_whatever_the_weights(k: int, seed: int, hidden: int) -> None:
    # Multiples of 1/16 add and multiply exactly in double precision, so that zero is exactly zero.
    one, other = ({n: (z * 16).round() / 16 for n, z in vectors(k, seed=seed + i).items()} for i in range(2))
    module = fusion(
        spec.LateSum(hidden=hidden), {name: latent.shape[1] for name, latent in one.items()}
    ).requires_grad_(False)
    for parameter in module.parameters():
        parameter.copy_((parameter * 16 * (1 + seed)).round() / 16)
    assert isinstance(module, LateSum)
    assert torch.equal(interaction(module, one, other), torch.zeros(6, K, dtype=DOUBLE))


@FUSING
@pytest.mark.parametrize("k", [2, 3])
def test_all_other_fusions_interact(asked: dict[str, Any], k: int) -> None:
    one, other = vectors(k), vectors(k, seed=1)
    module = fusion(asked, {name: latent.shape[1] for name, latent in one.items()})
    assert interaction(module, one, other).abs().max() > 1e-6


# ------------------------------------------------------------------------------------------------ gated


def test_two_gates_are_the_bimodal_unit() -> None:
    # h = z ⊙ tanh(W_v x_v) + (1 - z) ⊙ tanh(W_t x_t), z = sigmoid(W_z [x_v, x_t]), as published.
    z = vectors(2)
    module = fusion(spec.Gated(hidden=4), {"x0": 2, "x1": 3})
    assert isinstance(module, Gated)
    v, t = module.say
    gate = torch.sigmoid(module.gate(torch.cat([z["x0"], z["x1"]], dim=1)))
    h = gate * torch.tanh(v(z["x0"])) + (1 - gate) * torch.tanh(t(z["x1"]))
    torch.testing.assert_close(module(z), module.classify(h))


@settings(max_examples=20, deadline=None)
@given(k=st.integers(2, 5), seed=st.integers(0, 1000), scale=st.floats(0.1, 10))
def test_gates_are_weights_of_a_mean(k: int, seed: int, scale: float) -> None:
    z = [scale * latent for latent in vectors(k, seed=seed).values()]
    module = fusion(spec.Gated(hidden=4), {f"x{m}": latent.shape[1] for m, latent in enumerate(z)})
    assert isinstance(module, Gated)
    gates = module.gates(z)
    assert gates.shape == (6, k, 4)
    assert ((gates > 0) & (gates < 1)).all()
    torch.testing.assert_close(gates.sum(1), torch.ones(6, 4, dtype=DOUBLE))


# ------------------------------------------------------------------------------------------------- film


def test_film_scales_and_shifts_by_hand() -> None:
    # F = z_1 = (1, -2) and z_2 = 3: gamma = 1 + (.5, -1) · 3 = (2.5, -2),
    # beta = (1, 2) · 3 + (0, 1) = (3, 7), gamma ⊙ F + beta = (5.5, 11).
    module = fusion(spec.Film(hidden=2), {"x0": 2, "x1": 1}).requires_grad_(False)
    assert isinstance(module, Film)
    features, condition = module.features[0], module.condition[0]
    features.weight.copy_(torch.eye(2))
    features.bias.zero_()
    condition.weight.copy_(torch.tensor([[0.5], [-1.0], [1.0], [2.0]]))
    condition.bias.copy_(torch.tensor([0.0, 0.0, 0.0, 1.0]))
    z = [torch.tensor([[1.0, -2.0]], dtype=DOUBLE), torch.tensor([[3.0]], dtype=DOUBLE)]
    assert module.modulated(z, 0).tolist() == [[5.5, 11.0]]


# --------------------------------------------------------------------------------------------- low rank


@pytest.mark.parametrize("k", [2, 3, 4])
def test_low_rank_is_the_full_tensor_contraction(k: int) -> None:
    # Build W = sum over i of ⊗_m w_m^(i), and contract it with ⊗_m [z_m; 1].
    asked = spec.LowRank(rank=3, hidden=5)
    z = vectors(k)
    module = fusion(asked, {name: latent.shape[1] for name, latent in z.items()})
    assert isinstance(module, LowRank)
    letters = "abcd"[:k]
    factors = [
        torch.cat([factor.weight, factor.bias[:, None]], dim=1).reshape(3, 5, -1) for factor in module.factors
    ]
    W = torch.einsum(",".join(f"ih{m}" for m in letters) + f"->h{letters}", *factors)
    extended = [torch.cat([latent, torch.ones(6, 1, dtype=DOUBLE)], dim=1) for latent in z.values()]
    Z = torch.einsum(",".join(f"n{m}" for m in letters) + f"->n{letters}", *extended)
    assert W.numel() == 5 * math.prod(latent.shape[1] + 1 for latent in z.values())
    torch.testing.assert_close(
        module.fused(list(z.values())), torch.einsum(f"h{letters},n{letters}->nh", W, Z)
    )


# ------------------------------------------------------------------------------------------------- mult


def tokens(k: int, T: int = 4, seed: int = 0) -> dict[str, Tensor]:
    g = torch.Generator().manual_seed(seed)
    return {f"x{m}": torch.randn(6, T, 2 + m, generator=g, dtype=DOUBLE) for m in range(k)}


def gathered(module: Mult, z: dict[str, Tensor], a: int) -> Tensor:
    low = [project(latent) for project, latent in zip(module.project, z.values(), strict=True)]
    return module.gathered(low, [torch.ones(latent.shape[:2], dtype=torch.bool) for latent in z.values()], a)


@pytest.mark.parametrize("layers", [1, 2])
def test_mult_asks_with_one_modality_and_is_answered_by_the_other(layers: int) -> None:
    # Attention knows no order but that of its queries.
    z = tokens(2)
    module = fusion(spec.Mult(width=8, heads=2, layers=layers), {"x0": 2, "x1": 3})
    assert isinstance(module, Mult)
    order = [2, 0, 3, 1]
    plain = gathered(module, z, 0)
    torch.testing.assert_close(gathered(module, z | {"x1": z["x1"][:, order]}, 0), plain)
    torch.testing.assert_close(gathered(module, z | {"x0": z["x0"][:, order]}, 0), plain[:, order])


def test_mult_layers_always_read_the_other_modalitys_first_tokens() -> None:
    # By torch's own attention: x ← x + MHA(LN x, LN s, LN s); x ← x + W2 gelu(W1 LN x), the same s twice.
    z = tokens(2)
    module = fusion(spec.Mult(width=8, heads=2, layers=2), {"x0": 2, "x1": 3})
    assert isinstance(module, Mult)
    x, s = module.project[0](z["x0"]), module.project[1](z["x1"])
    transformer = module.cross[0]
    for layer in transformer.layers:
        mha = nn.MultiheadAttention(8, 2, batch_first=True, dtype=DOUBLE)
        parts = layer.attention.query, layer.attention.key_value
        mha.load_state_dict(
            {
                "in_proj_weight": torch.cat([part.weight for part in parts]),
                "in_proj_bias": torch.cat([part.bias for part in parts]),
                "out_proj.weight": layer.attention.out.weight,
                "out_proj.bias": layer.attention.out.bias,
            }
        )
        keys = layer.before_attention(s)
        x = x + mha(layer.before_attention(x), keys, keys)[0]
        x = x + layer.feed_forward(x)
    torch.testing.assert_close(gathered(module, z, 0), transformer.norm(x))


def test_mult_with_three_modalities_sets_what_both_others_say_side_by_side() -> None:
    z = tokens(3)
    module = fusion(spec.Mult(width=8, heads=2), {"x0": 2, "x1": 3, "x2": 4})
    assert isinstance(module, Mult)
    plain = gathered(module, z, 1)
    other = gathered(module, z | {"x2": tokens(3, seed=1)["x2"]}, 1)
    assert torch.equal(plain[..., :8], other[..., :8])  # from x0
    assert not torch.isclose(plain[..., 8:], other[..., 8:]).any()  # from x2


# -------------------------------------------------------------------------------------------------- mbt


def bottleneck(layers: int = 2, bottlenecks: int = 2) -> Mbt:
    """Also those that a spec refuses."""
    asked = spec.Mbt(width=8, heads=2).model_copy(update={"layers": layers, "bottlenecks": bottlenecks})
    module = fusion(asked, {"x0": 2, "x1": 3})
    assert isinstance(module, Mbt)
    return module


@pytest.mark.parametrize(("layers", "bottlenecks"), [(0, 2), (1, 2), (3, 0)])
def test_mbt_is_additive_without_a_way_through_the_bottleneck(layers: int, bottlenecks: int) -> None:
    module = bottleneck(layers, bottlenecks)
    assert interaction(module, tokens(2), tokens(2, seed=1)).abs().max() < 1e-12


def test_mbt_modalities_hear_of_each_other_after_two_layers() -> None:
    for layers, heard in ((1, False), (2, True)):
        z = tokens(2)
        z["x1"].requires_grad_()
        bottleneck(layers).class_tokens_of(z)[:, 0].square().sum().backward()
        assert z["x1"].grad is not None
        assert bool(z["x1"].grad.any()) is heard


class Add(nn.Module):
    """A layer that adds a number to all tokens, and remembers what it was given."""

    def __init__(self, number: float) -> None:
        super().__init__()
        self.number = number

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        self.given = x
        return x + self.number


def test_mbt_averages_the_bottleneck_tokens_over_modalities_after_every_layer() -> None:
    # Two modalities add 1 and 5 to all they see: their own tokens go on with 1 and 5, the shared with 3.
    module = bottleneck()
    layers = [Add(1), Add(5), Add(0), Add(0)]
    module.layers = nn.ModuleList(layers)
    module(tokens(2))
    first, second, first_again, second_again = (layer.given for layer in layers)
    torch.testing.assert_close(first_again[:, :-2], first[:, :-2] + 1)
    torch.testing.assert_close(second_again[:, :-2], second[:, :-2] + 5)
    for again in (first_again, second_again):
        torch.testing.assert_close(again[:, -2:], module.bottlenecks.expand(6, -1, -1) + 3)


def test_mbt_averages_the_logits_of_the_class_tokens() -> None:
    module, z = bottleneck(), tokens(2)
    of_class_tokens = module.class_tokens_of(z)
    each = [module.classify(of_class_tokens[:, m]) for m in range(2)]
    torch.testing.assert_close(module(z), (each[0] + each[1]) / 2)
