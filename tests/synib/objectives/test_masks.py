"""Every mask withholds what it says, and as much of it."""

import math
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from synib import spec
from synib.models import Chain
from synib.objectives import fills
from synib.objectives.attack import Branch, Traced
from synib.objectives.masking import Masking
from synib.objectives.masks import Asked, masks
from synib.objectives.masks.learned import Learned
from synib.objectives.objective import Network
from tests.synib.objectives.batches import Parted, batch, generator

SHAPE = (40,)


def asked(
    mask: spec.Mask, values: Tensor, y: Tensor, branch: Branch | None = None, oracle: Tensor | None = None
) -> Asked:
    """What a mask would be asked with a fill of zeros."""
    family = masks[type(mask)](mask)

    def none() -> Branch:
        raise AssertionError("this mask attacks nobody")

    return Asked(
        values=values,
        stand_in=torch.zeros(()),
        y=y,
        drawn=family.draw(values.shape, generator(), values.device),
        branch=(lambda: branch) if branch else none,
        refill=lambda drawn: torch.zeros(()),
        oracle=oracle,
    )


def layers(*widths: int, seed: int = 3) -> list[tuple[Tensor, Tensor]]:
    g = torch.Generator().manual_seed(seed)
    return [
        (torch.randn(o, i, generator=g) / math.sqrt(i), torch.randn(o, generator=g) / 3)
        for i, o in pairwise(widths)
    ]


# ------------------------------------------------------------------------------------------ fractions


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ({"kind": "full"}, 1.0),
        ({"kind": "random", "rate": 0.3}, 0.3),
        ({"kind": "random", "rate": 0.0}, 0.0),
        ({"kind": "random", "rate": 1.0}, 1.0),
        ({"kind": "diffusion", "rate": 0.7}, 0.7),
        ({"kind": "oracle"}, 4 / 40),
    ],
)
def test_the_share_withheld_is_the_share_asked_for(mask: Any, expected: float) -> None:
    x, y = torch.randn(512, *SHAPE, generator=generator()), torch.zeros(512, dtype=torch.long)
    settings = spec.SynIB.model_validate({"mask": mask}).mask
    where = torch.zeros_like(x, dtype=torch.bool)
    where[:, :4] = True
    question = replace(asked(settings, x, y, oracle=where), stand_in=torch.tensor(77.0))
    filled, share = masks[type(settings)](settings).apply(question)
    changed = (filled != x).float().mean().item()
    assert changed == pytest.approx(expected, abs=0.0 if expected in (0, 1) else 0.013)  # 4 standard errors
    assert share.item() == pytest.approx(changed, abs=1e-6)


def test_the_oracle_withholds_the_known_coordinates_and_no_other() -> None:
    x, y = batch()
    oracle = {name: torch.zeros_like(values, dtype=torch.bool) for name, values in x.items()}
    oracle["a"][:, 5:9] = True
    masking = Masking(spec.OracleMask(fill="zero"))
    (filled,), share = masking.fill(Network.of(Parted()), x, y, generator(), oracle)
    assert not filled["a"][:, 5:9].any()
    assert torch.equal(filled["a"][:, :5], x["a"][:, :5])
    assert torch.equal(filled["a"][:, 9:], x["a"][:, 9:])
    assert torch.equal(filled["b"], x["b"])
    assert share.item() == pytest.approx((4 / 40 + 0) / 2)
    with pytest.raises(ValueError, match="oracle="):
        masking.fill(Network.of(Parted()), x, y, generator())


def test_padding_stays_padding_whatever_the_mask() -> None:
    x = {"words": torch.randn(8, 5, 3, generator=generator())}
    x["words"][:, 3:] = math.nan
    for mask in (spec.FullMask(fill="zero"), spec.RandomMask(rate=0.5, fill="noise")):
        (filled,), _ = Masking(replace_on(mask)).fill(
            Network(encode=dict, fuse=lambda z: z["words"].flatten(1)),
            x,
            torch.zeros(8, dtype=torch.long),
            generator(),
        )
        assert filled["words"][:, 3:].isnan().all()
        assert mask.fill == "noise" or not filled["words"][:, :3].any()


def replace_on(mask: Any) -> Any:
    return mask.model_copy(update={"on": "input"})


def test_draws_are_independent_and_their_views_come_one_after_another() -> None:
    x, y = batch(128)
    views = Masking(spec.RandomMask(fill="zero", draws=3))(Network.of(Parted()), x, y, generator())
    assert list(views.seen) == [("b",), ("a",)] * 3
    withheld = views.stacked["a"].reshape(7, 128, -1)[1:]
    first, second = (withheld[index] == 0 for index in (0, 2))
    agree = (first == second).float().mean().item()
    assert agree == pytest.approx(0.5, abs=0.03)
    assert torch.equal(withheld[1], x["a"])  # while b is withheld a is intact


@pytest.mark.parametrize("k", [2, 3, 4, 5])
@pytest.mark.parametrize("withhold", ["one", "all_but_one"])
def test_leave_one_out_withholds_one_and_all_but_one_shows_one(k: int, withhold: Any) -> None:
    x = {f"m{i}": torch.full((4, 2), i + 1.0) for i in range(k)}
    network = Network(encode=dict, fuse=lambda z: torch.cat(list(z.values()), dim=1))
    y = torch.zeros(4, dtype=torch.long)
    logits = Masking(spec.FullMask(fill="zero"), withhold)(network, x, y).fuse(network, 4)
    present = (logits[:, 0, ::2] > 0).tolist()
    assert present[0] == [True] * k
    for m in range(k):
        assert present[1 + m] == [(i == m) == (withhold == "all_but_one") for i in range(k)]


# -------------------------------------------------------------------------------------- the attack


@given(seed=st.integers(0, 10_000), depth=st.integers(0, 3), K=st.integers(2, 4))
@settings(max_examples=30, deadline=None)
def test_the_slope_of_a_chain_in_closed_form_is_that_of_automatic_differentiation(
    seed: int, depth: int, K: int
) -> None:
    chain = Chain(layers(6, *[8] * depth, K, seed=seed))
    g = torch.Generator().manual_seed(seed)
    x, y = torch.randn(9, 6, generator=g), torch.randint(0, K, (9,), generator=g)
    by_hand = chain.slope(x, y)
    torch.testing.assert_close(by_hand, Traced(chain.logits).slope(x, y), rtol=1e-4, atol=1e-6)


def test_a_models_chain_says_what_its_head_says() -> None:
    from synib.models import Moments, MultimodalClassifier
    from tests.synib.examples import experiment

    plan = experiment()
    moments = {name: Moments(torch.full((3,), 2.0), torch.full((3,), 5.0)) for name in ("x1", "x2")}
    model = MultimodalClassifier(plan, plan.dataset.info(), moments)
    x = {name: torch.randn(16, 3, generator=generator()) for name in ("x1", "x2")}
    z = model.encode(x)
    for name, raw in x.items():
        from_input, from_latent = model.chain(name, latent=False), model.chain(name, latent=True)
        assert from_input
        assert from_latent
        said = model.heads(z)[name]
        torch.testing.assert_close(from_input.logits(from_input.of(raw)), said)
        torch.testing.assert_close(from_latent.logits(from_latent.of(z[name])), said)


def test_the_attack_by_adam_is_that_of_torchs_own_optimiser() -> None:
    # The published loop, written with torch.optim.Adam and autograd; the fill is zero, so nothing is drawn.
    steps, rate, price = 20, 0.3, 0.4
    chain, g = Chain(layers(7, 12, 3)), generator()
    x, y = torch.randn(10, 7, generator=g), torch.randint(0, 3, (10,), generator=g)
    logits = torch.full_like(x, 1.0, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=rate)
    for _ in range(steps):
        gate = logits.sigmoid()
        error = nn.functional.cross_entropy(chain.logits(gate * x), y, reduction="sum")
        loss = -error + price * (1 - gate).mean(dim=1).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    learned = spec.LearnedMask(steps=steps, lr=rate, sparsity=price, fill="zero")
    gates = Learned(learned).gates(asked(learned, x, y, chain))
    torch.testing.assert_close(gates, logits.sigmoid().detach(), rtol=1e-3, atol=1e-4)


@given(
    seed=st.integers(0, 10_000),
    fill=st.sampled_from(["noise", "shuffle", "zero"]),
    solver=st.sampled_from(["adam", "path"]),
    others=st.sampled_from([(), (7, 9, 2), (7, 5, 2), (6, 9, 2)]),
)
@settings(max_examples=25, deadline=None)
def test_modalities_attacked_side_by_side_find_what_each_would_alone(
    seed: int, fill: Any, solver: Any, others: tuple[int, ...]
) -> None:
    # Alike in form they are one attack, unlike or alone they are not.
    mask, g = spec.LearnedMask(hard=False, fill=fill, solver=solver, steps=6, sparsity=0.3), generator()
    widths = [(7, 9, 2), *([others] if others else [])]
    y = torch.randint(0, 2, (11,), generator=g)
    questions = []
    for number, form in enumerate(widths):
        x = torch.randn(11, form[0], generator=g)
        one = asked(mask, x, y, Chain(layers(*form, seed=seed + number)))
        refill = partial(fills.stand_in, fill, x, fills.batch_moments(x), None)
        questions.append(replace(one, refill=refill))
    family = Learned(mask)
    together = family.apply_each(questions)
    for one, (filled, share) in zip(questions, together, strict=True):
        alone, its_share = family.apply(one)
        torch.testing.assert_close(filled, alone, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(share, its_share, rtol=1e-3, atol=1e-4)


RELIED_ON = Chain([(torch.tensor([[1.0, 0, 0, 0, 0, 0], [-1.0, 0, 0, 0, 0, 0]]), torch.zeros(2))])
"""A head that reads the first of six coordinates and nothing else."""


@pytest.mark.parametrize("how", [{"solver": "adam", "steps": 60}, {"solver": "path", "steps": 2}])
def test_the_attack_finds_the_coordinate_that_the_head_relies_on(how: Any) -> None:
    x = torch.ones(5, 6)
    y = torch.zeros(5, dtype=torch.long)  # class 0 where the first coordinate is positive: the head is right
    found = torch.tensor([[True] + [False] * 5] * 5)
    for polarity, expected in (("destroy", ~found), ("keep", found)):
        mask = spec.LearnedMask(polarity=polarity, sparsity=0.5, lr=0.3, fill="zero", **how)
        keep = masks[spec.LearnedMask](mask).keep(asked(mask, x, y, RELIED_ON))
        assert torch.equal(keep, expected), polarity


def test_what_is_found_is_worth_its_price_only() -> None:
    x, y = torch.ones(5, 6), torch.zeros(5, dtype=torch.long)
    # Closing the first coordinate costs the head log 2 - log(1 + e^-2) = .5662 nats; from a sparsity of
    # 6 × .5662 = 3.397 on, a sixth of the budget is dearer than that.
    for price, closes in ((3.35, True), (3.45, False)):
        mask = spec.LearnedMask(solver="path", steps=200, sparsity=price, polarity="destroy", fill="zero")
        keep = masks[spec.LearnedMask](mask).keep(asked(mask, x, y, RELIED_ON))
        assert (not keep[:, 0].any()) == closes


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_contributions_along_the_path_add_up_to_the_rise_of_the_error(seed: int) -> None:
    # Completeness of integrated gradients: seen from outside by the price at which the last gate opens.
    chain = Chain(layers(1, 8, 2, seed=seed))
    g = torch.Generator().manual_seed(seed)
    x, y = torch.randn(6, 1, generator=g), torch.randint(0, 2, (6,), generator=g)

    def error(values: Tensor) -> Tensor:
        return nn.functional.cross_entropy(chain.logits(values), y, reduction="none")

    rise = error(torch.zeros_like(x)) - error(x)
    for price in (0.05, 0.2):
        mask = spec.LearnedMask(solver="path", steps=400, sparsity=price, polarity="destroy", fill="zero")
        closed = ~masks[spec.LearnedMask](mask).keep(asked(mask, x, y, chain))[:, 0]
        clear = (rise - price).abs() > 0.01
        assert torch.equal(closed[clear], (rise > price)[clear])


def test_a_gate_that_is_always_pushed_one_way_comes_to_the_end_of_its_reach() -> None:
    # 20 steps of .1 from logit 1: sigma(-1) = .269 to sigma(3) = .953, as was measured of the public code.
    mask = spec.LearnedMask()
    low, high = mask.reach()
    assert (low, high) == (pytest.approx(0.2689, abs=1e-4), pytest.approx(0.9526, abs=1e-4))
    # With the cosine schedule the logit falls to -.145 at most: sigma .464.
    assert spec.LearnedMask(schedule="cosine").reach()[0] == pytest.approx(0.4638, abs=1e-4)
    x, y = torch.ones(5, 6), torch.zeros(5, dtype=torch.long)
    for price, rail in ((0.0, 0), (100.0, 1)):
        at = mask.model_copy(update={"sparsity": price, "fill": "zero"})
        gates = Learned(at).gates(asked(at, x, y, RELIED_ON))
        assert gates[:, 0].mean().item() == pytest.approx((low, high)[rail], abs=0.02)


def test_soft_gates_mix_and_hard_ones_choose() -> None:
    x, y = torch.ones(5, 6), torch.zeros(5, dtype=torch.long)
    for hard in (True, False):
        mask = spec.LearnedMask(hard=hard, polarity="destroy", fill="zero", sparsity=0.5)
        filled, share = masks[spec.LearnedMask](mask).apply(asked(mask, x, y, RELIED_ON))
        assert bool(((filled == 0) | (filled == 1)).all()) == hard
        assert share.item() == pytest.approx(1 - filled.mean().item(), abs=1e-6)


def test_the_matched_mask_withholds_as_many_of_each_example_but_elsewhere() -> None:
    g = generator()
    chain = Chain(layers(40, 16, 3))
    x, y = torch.randn(64, 40, generator=g), torch.randint(0, 3, (64,), generator=g)
    learned = spec.LearnedMask(solver="path", steps=2, sparsity=0.2, fill="zero")
    matched = spec.MatchedMask(like=learned, fill="zero")
    keep = masks[spec.LearnedMask](learned).keep(asked(learned, x, y, chain))
    moved = masks[spec.MatchedMask](matched).keep(asked(matched, x, y, chain))
    assert torch.equal(keep.sum(1), moved.sum(1))
    assert 0 < keep.float().mean() < 1
    assert not torch.equal(keep, moved)


def test_learning_a_mask_leaves_no_gradient_and_changes_no_weight() -> None:
    from synib import SynIB
    from synib.models import MultimodalClassifier
    from tests.synib.examples import experiment

    plan = experiment(unimodal_heads={"hidden": 4, "weight": 0.0})
    model = MultimodalClassifier(plan, plan.dataset.info())
    before = {name: value.clone() for name, value in model.state_dict().items()}
    x = {name: torch.randn(16, 3, generator=generator()) for name in ("x1", "x2")}
    objective = SynIB(mask=spec.LearnedMask(), heads=spec.UnimodalHeads(weight=0.0))
    losses = objective(model, x, torch.arange(16) % 2, generator=generator())
    torch.autograd.backward(losses.total)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.unimodal.parameters())


# ------------------------------------------------------------------------------------------ diffusion


@pytest.mark.parametrize(("level", "left"), [(1.0, 0.0), (0.5, 0.4938)])
def test_diffusion_keeps_the_schedules_share_of_the_variance(level: float, left: float) -> None:
    # cos²(π/2 · .508/1.008) = .4938; at 1 nothing of the input is left.
    x = torch.full((2000, 10), 3.0)
    mask = spec.DiffusionMask(level=level)
    normal = torch.randn(x.shape, generator=generator())
    question = replace(asked(mask, x, torch.zeros(2000, dtype=torch.long)), stand_in=normal)
    filled, share = masks[spec.DiffusionMask](mask).apply(question)
    assert share.item() == 1
    assert filled.mean().item() == pytest.approx(3 * math.sqrt(left), abs=0.03)
    assert filled.var().item() == pytest.approx(1 - left, abs=0.03)
