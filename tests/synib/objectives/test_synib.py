"""The objective does what its formula says, on every path."""

import math
from collections.abc import Mapping
from typing import Any, get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from synib import SynIB, spec
from synib.models import Moments, MultimodalClassifier
from synib.objectives import FullMask, Losses, RandomMask, Vanilla, build
from synib.objectives.masking import Masking
from synib.objectives.objective import Network
from synib.objectives.references import divergence, uniform
from tests.synib.examples import experiment
from tests.synib.objectives.batches import SHAPES, Parted, Spy, batch, generator

FILLS = get_args(spec.Fill)


# ---------------------------------------------------------------------------------------- the formula


def test_the_divergence_runs_from_the_prediction_to_the_reference() -> None:
    # By hand: KL((.9, .1) || (.5, .5)) = .368064 nats; the other way round it would be .510826.
    logits = torch.log(torch.tensor([[0.9, 0.1]], dtype=torch.float64))
    assert divergence(logits, uniform(logits)).item() == pytest.approx(0.368064, abs=1e-6)


@given(st.lists(st.floats(-30, 30), min_size=2, max_size=19))
def test_the_divergence_from_uniform_is_log_k_less_entropy(logits: list[float]) -> None:
    scores = torch.tensor(logits, dtype=torch.float64)
    entropy = torch.distributions.Categorical(logits=scores).entropy().item()
    value = divergence(scores, uniform(scores)).item()
    assert value == pytest.approx(math.log(len(logits)) - entropy, abs=1e-9)
    assert -1e-12 <= value <= math.log(len(logits)) + 1e-12


def test_the_loss_is_cross_entropy_plus_the_mean_divergence_of_the_withheld_views() -> None:
    x, y = batch()
    model = Parted()
    losses = SynIB(weight=2.5, mask=FullMask(fill="mean"))(model, x, y)
    fill = {name: torch.full_like(values, 3.0) for name, values in x.items()}
    without_a, without_b = model.fuse(x | {"a": fill["a"]}), model.fuse(x | {"b": fill["b"]})
    log_q = [torch.log_softmax(logits, 1) for logits in (without_a, without_b)]
    kl = [(math.log(3) + (q.exp() * q).sum(1)).mean() for q in log_q]
    assert losses.task.item() == pytest.approx(nn.functional.cross_entropy(model.fuse(x), y).item(), rel=1e-5)
    assert losses.penalty.item() == pytest.approx(2.5 * (kl[0] + kl[1]).item() / 2, rel=1e-5)
    assert losses.total.item() == pytest.approx((losses.task + losses.penalty + losses.heads).item())


def test_all_views_go_through_one_pass_and_each_modality_is_encoded_twice_at_most() -> None:
    x, y = batch(32)
    plain, parted = Spy(), Parted()
    SynIB(mask=FullMask())(plain, x, y)
    assert [len(seen["a"]) for seen in plain.seen] == [3 * 32]
    SynIB(mask=FullMask())(parted, x, y)
    assert parted.rows == [64, 64]
    parted.rows.clear()
    SynIB(mask=FullMask(on="latent"))(parted, x, y)
    assert parted.rows == [32, 32]


def test_weight_zero_makes_no_masked_pass_and_draws_no_random_number() -> None:
    x, y = batch()
    model, g = Spy(), generator()
    state, outside = g.get_state(), torch.get_rng_state()
    losses = SynIB(weight=0, mask=RandomMask(fill="noise"))(model, x, y, generator=g)
    assert len(model.seen) == 1
    assert torch.equal(g.get_state(), state)
    assert torch.equal(torch.get_rng_state(), outside)
    assert torch.equal(losses.total, Vanilla()(model, x, y).total)


def test_nothing_but_the_generator_that_was_passed_is_drawn_from() -> None:
    x, y = batch()
    model, before = Parted(), torch.get_rng_state()
    for fill in ("shuffle", "noise"):
        objective = SynIB(mask=RandomMask(fill=fill))
        first, again = (objective(model, x, y, generator=generator()) for _ in range(2))
        assert torch.equal(torch.get_rng_state(), before)
        assert torch.equal(first.total, again.total)


def test_a_negative_weight_and_a_token_without_shape_are_refused_with_a_way_out() -> None:
    with pytest.raises(ValueError, match="use 0 or more"):
        SynIB(weight=-1)
    with pytest.raises(ValueError, match="shapes="):
        SynIB(mask=FullMask(fill="token"))


# ------------------------------------------------------------------------------------ masks and fills


def views(mask: spec.Mask, model: Spy, x: dict[str, Tensor], y: Tensor) -> tuple[dict[str, Tensor], Losses]:
    """What stood in the place of each modality, and the losses."""
    shapes = SHAPES if mask.fill == "token" else None
    objective = SynIB(mask=mask, shapes=shapes)
    losses = objective(model, x, y, generator=generator())
    B = len(y)
    if isinstance(model, Parted):
        shown = objective.masking(Network.of(model), x, y, generator())
        return {"a": shown.stacked["a"][B : 2 * B], "b": shown.stacked["b"][2 * B :]}, losses
    return {"a": model.seen[0]["a"][B : 2 * B], "b": model.seen[0]["b"][2 * B :]}, losses


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("on", ["input", "latent"])
@pytest.mark.parametrize("model", [Spy, Parted])
@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0, None])
def test_the_share_of_coordinates_that_change_is_the_rate(
    fill: Any, on: Any, model: Any, rate: float | None
) -> None:
    mask = FullMask(fill=fill, on=on) if rate is None else RandomMask(rate=rate, fill=fill, on=on)
    x, y = batch(256)
    withheld, losses = views(mask, model(), x, y)
    expected = 1.0 if rate is None else rate
    changed = {name: (withheld[name] != x[name]).float().mean().item() for name in x}
    # 256 × 40 coin flips: 5 standard deviations are .023
    assert changed == pytest.approx({"a": expected, "b": expected}, abs=0.0 if expected in (0, 1) else 0.023)
    assert losses.corrupted.item() == pytest.approx(sum(changed.values()) / 2, abs=1e-6)


def test_what_is_not_masked_is_untouched_and_so_is_the_other_modality() -> None:
    x, y = batch()
    model = Spy()
    SynIB(mask=RandomMask(rate=0.5, fill="zero"))(model, x, y, generator=generator())
    (seen,) = model.seen
    B = len(y)
    assert torch.equal(seen["a"][:B], x["a"])
    assert torch.equal(seen["a"][2 * B :], x["a"])
    assert torch.equal(seen["b"][: 2 * B], x["b"].repeat(2, 1, 1, 1))
    filled = seen["a"][B : 2 * B]
    assert ((filled == x["a"]) | (filled == 0)).all()


@pytest.mark.parametrize("size", [2, 3, 64])
def test_a_shuffled_donor_is_one_other_example_for_all_coordinates(size: int) -> None:
    x, y = batch(size)
    withheld, _ = views(FullMask(fill="shuffle"), Spy(), x, y)
    donors = [(x["a"] == row).all(dim=1).nonzero().item() for row in withheld["a"]]
    assert sorted(donors) == list(range(size))  # everybody gives once
    assert all(donor != receiver for receiver, donor in enumerate(donors))


def test_a_batch_of_one_can_be_shuffled() -> None:
    x, y = batch(1)
    assert views(FullMask(fill="shuffle"), Spy(), x, y)[1].corrupted == 1


def test_fills_use_the_models_moments_on_inputs_and_the_batchs_on_representations() -> None:
    x, y = batch(4096)
    on_input, _ = views(FullMask(fill="noise"), Parted(), x, y)
    assert on_input["a"].mean().item() == pytest.approx(3, abs=0.03)
    assert on_input["a"].std().item() == pytest.approx(2, abs=0.03)
    on_latent, _ = views(FullMask(fill="noise", on="latent"), Parted(), x, y)
    assert on_latent["a"].mean().item() == pytest.approx(1, abs=0.03)
    assert on_latent["a"].std().item() == pytest.approx(1, abs=0.03)


def test_the_mean_fill_is_the_raw_training_mean_and_zero_is_raw_zero() -> None:
    asked = experiment()
    info = asked.dataset.info()
    moments = {
        name: Moments(torch.tensor([5.0, -1.0, 2.0]), torch.tensor([1.0, 3.0, 0.5])) for name in info.shapes
    }
    model = MultimodalClassifier(asked, info, moments)
    x = {name: torch.randn(8, 3) for name in info.shapes}
    network, y = Network.of(model), torch.zeros(8, dtype=torch.long)
    ((mean,), _), ((zero,), _) = (
        Masking(FullMask(fill=fill)).fill(network, x, y, None) for fill in ("mean", "zero")
    )
    assert torch.equal(mean["x1"], torch.tensor([5.0, -1.0, 2.0]).expand(8, 3))
    assert torch.equal(model.normalize(mean)["x1"], torch.zeros(8, 3))
    assert torch.equal(zero["x1"], torch.zeros(8, 3))


def test_no_gradient_flows_through_the_statistics_of_representations() -> None:
    x, y = batch()
    for fill in ("mean", "noise"):
        z = {name: values.clone().requires_grad_() for name, values in x.items()}
        masking = Masking(FullMask(fill=fill, on="latent"))
        (withheld,), _ = masking.fill(Network.of(Parted()), z, y, generator())
        (withheld["a"].sum() + withheld["b"].sum()).backward()
        assert not any(values.grad.any() for values in z.values() if values.grad is not None)


@pytest.mark.parametrize("on", ["input", "latent"])
def test_a_token_starts_at_the_mean_and_learns(on: Any) -> None:
    x, y = batch()
    model = Parted()
    objective = SynIB(mask=FullMask(fill="token", on=on), shapes=SHAPES)
    assert {name: token.shape for name, token in objective.masking.tokens.items()} == SHAPES
    before = objective(model, x, y).penalty.item()
    optimizer = torch.optim.Adam(objective.parameters(), lr=0.05)
    for _ in range(50):
        losses = objective(model, x, y)
        optimizer.zero_grad()
        losses.total.backward()
        optimizer.step()
    assert all(token.abs().sum() > 0 for token in objective.masking.tokens.values())
    assert objective(model, x, y).penalty.item() < 0.9 * before


def test_a_built_objective_has_tokens_of_the_inputs_or_representations_shape() -> None:
    methods = [
        {"kind": "synib", "name": on, "mask": {"kind": "full", "fill": "token", "on": on}}
        for on in ("input", "latent")
    ]
    asked = experiment(methods=methods)
    for method, shape in zip(asked.methods, ((3,), (6,)), strict=True):
        objective = build(method, asked, asked.dataset.info())
        assert [tuple(token.shape) for token in objective.parameters()] == [shape, shape]


# ---------------------------------------------------------------------------------- models and heads


@pytest.mark.parametrize("k", [2, 3, 4, 5])
@pytest.mark.parametrize("on", ["input", "latent"])
def test_any_number_of_modalities_works(k: int, on: Any) -> None:
    asked = experiment(dataset={"kind": "noisy_xor", "modalities": k, "examples": 60})
    info = asked.dataset.info()
    model = MultimodalClassifier(asked, info)
    x = {name: torch.randn(10, 1) for name in info.shapes}
    losses = SynIB(mask=RandomMask(on=on))(model, x, torch.arange(10) % 2, generator=generator())
    losses.total.backward()
    assert losses.penalty > 0
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_a_plain_function_trains_in_a_loop_of_ones_own() -> None:
    g = generator()
    bits = torch.randint(0, 2, (512, 2), generator=g)
    x = {"a": bits[:, :1] * 2.0 - 1, "b": bits[:, 1:] * 2.0 - 1}
    y = bits.sum(1) % 2
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))

    def model(x: Mapping[str, Tensor]) -> Tensor:
        logits: Tensor = net(torch.cat([x["a"], x["b"]], dim=1))
        return logits

    objective = SynIB(weight=1.0, mask=FullMask(fill="zero"))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.03)
    for _ in range(100):
        losses = objective(model, x, y, generator=g)
        optimizer.zero_grad()
        losses.total.backward()
        optimizer.step()
    assert losses.task < 0.05  # right with both
    assert losses.penalty < 0.05  # unsure with one


def test_heads_watch_without_changing_the_joint_model() -> None:
    asked = experiment()
    info = asked.dataset.info()
    x = {name: torch.randn(32, 3, generator=generator()) for name in info.shapes}
    y = torch.arange(32) % 2
    gradients = []
    for weight in (0.0, 5.0):
        model = MultimodalClassifier(asked, info)
        losses = Vanilla(spec.UnimodalHeads(weight=weight))(model, x, y)
        losses.total.backward()
        gradients.append([p.grad for part in (model.encoders, model.fusion) for p in part.parameters()])
        heads = [p.grad is not None for p in model.unimodal.parameters()]
        assert heads == [weight > 0] * len(heads)
    assert all(torch.equal(*pair) for pair in zip(*gradients, strict=True))


def test_attached_heads_reach_the_encoders() -> None:
    asked = experiment()
    model = MultimodalClassifier(asked, asked.dataset.info())
    x = {name: torch.randn(8, 3) for name in ("x1", "x2")}
    Vanilla(spec.UnimodalHeads(detached=False))(model, x, torch.arange(8) % 2).heads.backward()
    assert all(parameter.grad is not None for parameter in model.encoders.parameters())


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31 - 1))
def test_initial_weights_depend_on_the_seed_only(seed: int) -> None:
    asked = experiment()
    torch.manual_seed(seed)
    outside = torch.get_rng_state()
    models = [MultimodalClassifier(asked, asked.dataset.info(), seed=s) for s in (seed, seed, seed + 1)]
    assert torch.equal(torch.get_rng_state(), outside)
    one, same, other = (torch.cat([p.flatten() for p in model.parameters()]) for model in models)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
