"""Controls change one thing each."""

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from synib import SynIB, spec
from synib.models import MultimodalClassifier
from synib.objectives import Losses, Vanilla, build
from synib.objectives.objective import Network
from synib.objectives.references import divergence
from tests.synib.examples import experiment
from tests.synib.objectives.batches import Parted, batch, generator


def build_one(**method: object) -> torch.nn.Module:
    plan = experiment(methods=[method])
    return build(plan.methods[0], plan, plan.dataset.info())


def test_the_confidence_penalty_is_synib_that_withholds_nothing() -> None:
    x, y = batch()
    model = Parted()
    losses = build_one(kind="confidence_penalty", weight=0.7)(model, x, y)
    logits = model.fuse(x)
    entropy = torch.distributions.Categorical(logits=logits).entropy().mean().item()
    assert losses.penalty.item() == pytest.approx(0.7 * (math.log(3) - entropy), rel=1e-5)
    assert losses.corrupted == 0
    assert model.rows == [64, 64]  # each modality encoded once


def test_masking_only_sees_the_very_views_of_synib_and_asks_for_the_label() -> None:
    x, y = batch()
    model, mask = Parted(), {"kind": "random", "rate": 0.4, "fill": "noise"}
    control = build_one(kind="masking_only", weight=2.0, mask=mask)
    synib = SynIB(mask=spec.RandomMask(rate=0.4, fill="noise"))
    views = synib.masking(Network.of(model), x, y, generator())
    logits = views.fuse(Network.of(model), len(y))[1:]
    expected = sum(cross_entropy(view, y).item() for view in logits) / 2
    losses = control(model, x, y, generator=generator())
    assert losses.penalty.item() == pytest.approx(2 * expected, rel=1e-5)


def withheld_gradients(objective: torch.nn.Module, x: dict[str, Tensor], y: Tensor) -> tuple[Tensor, Losses]:
    """The penalty's gradient on the withheld logits (2, B, 3)."""
    kept: list[Tensor] = []

    class Watched(Parted):
        def fuse(self, z: Mapping[str, Tensor]) -> Tensor:
            logits = super().fuse(z)
            logits.retain_grad()
            kept.append(logits)
            return logits

    losses = objective(Watched(), x, y, generator=generator())
    losses.penalty.backward()
    assert kept[0].grad is not None
    return kept[0].grad.reshape(3, len(y), 3)[1:], losses


def test_the_noise_penalty_has_synibs_value_and_size_and_a_random_direction() -> None:
    x, y = batch(256)
    mask = {"kind": "full", "fill": "zero"}
    noise, noisy = withheld_gradients(build_one(kind="noise_penalty", mask=mask), x, y)
    true, plain = withheld_gradients(SynIB(mask=spec.FullMask(fill="zero")), x, y)
    assert noisy.penalty.item() == pytest.approx(plain.penalty.item(), rel=1e-4)
    torch.testing.assert_close(noise.norm(dim=-1), true.norm(dim=-1), rtol=1e-3, atol=1e-7)
    torch.testing.assert_close(noise.sum(-1), torch.zeros(2, 256), rtol=0, atol=1e-6)
    cosines = torch.cosine_similarity(noise, true, dim=-1)
    # Directions in the plane of three logits: the cosine of a uniform angle has mean 0 and variance 1/2.
    assert cosines.mean().item() == pytest.approx(0, abs=4 * math.sqrt(0.5 / 512))
    assert cosines.var().item() == pytest.approx(0.5, abs=0.08)


def test_label_smoothing_is_cross_entropy_against_mixed_labels() -> None:
    x, y = batch()
    model = Parted()
    losses = build_one(kind="label_smoothing", smoothing=0.2)(model, x, y)
    log_q = model.fuse(x).log_softmax(1)
    target = 0.8 * torch.nn.functional.one_hot(y, 3) + 0.2 / 3
    expected = -(target * log_q).sum(1).mean().item()
    assert (losses.task + losses.penalty).item() == pytest.approx(expected, rel=1e-5)
    assert losses.task.item() == pytest.approx(cross_entropy(model.fuse(x), y).item(), rel=1e-5)


@pytest.mark.parametrize("on", ["input", "latent"])
@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_modality_dropout_takes_one_modality_from_its_share_of_examples(on: str, rate: float) -> None:
    x, y = batch(3000)
    model = Parted()
    losses = build_one(kind="modality_dropout", rate=rate, on=on)(model, x, y, generator=generator())
    objective = build_one(kind="modality_dropout", rate=rate, on=on)
    dropped, share = objective.drop(Network.of(model), x, generator())
    gone = {name: (values.flatten(1) == 0).all(1) for name, values in dropped.items()}
    assert not (gone["a"] & gone["b"]).any()
    for lost in gone.values():  # 4 standard errors
        assert lost.float().mean().item() == pytest.approx(rate / 2, abs=0.035 if rate else 0)
    assert losses.corrupted.item() == pytest.approx(share.item())
    assert share.item() == pytest.approx(rate / 2, abs=0.02)
    if rate == 0:
        assert torch.equal(losses.task, Vanilla()(model, x, y).task)


def test_the_released_objective_runs_backwards_towards_the_withheld_modalitys_own_prediction() -> None:
    # One penalty worked from its definition: no learned masks reach (sparsity so dear that gates go to .953).
    plan = experiment(methods=[{"kind": "synib_released", "weight": 0.5, "rate": 1.0, "sparsity": 1000.0}])
    info = plan.dataset.info()
    model = MultimodalClassifier(plan, info)
    x = {name: torch.randn(64, 3, generator=generator()) for name in info.shapes}
    y = torch.arange(64) % 2
    objective = build(plan.methods[0], plan, info)
    losses = objective(model, x, y, generator=generator())
    z = model.encode(x)
    alone = {name: logits.softmax(1) for name, logits in model.heads(z).items()}
    g = generator()
    random = objective.random(_given(model, z), x, y, g)
    learned = objective.learned(_given(model, z), x, y, g)
    total = 0.0
    for views in (random, learned):
        for logits, seen in zip(views.fuse(_given(model, z), 64)[1:], views.seen, strict=True):
            own = alone["x1" if seen == ("x2",) else "x2"]
            total += divergence(own.log(), logits.log_softmax(1)).mean().item()  # KL(own || prediction)
    assert losses.penalty.item() == pytest.approx(0.5 * total, rel=1e-4)
    assert learned.corrupted.item() == pytest.approx(1 - 0.9526, abs=0.01)
    assert random.corrupted == 1


def _given(model: MultimodalClassifier, z: dict[str, Tensor]) -> Network:
    return replace(Network.of(model), encode=lambda _: z)


def test_the_released_learned_penalty_does_not_reach_the_encoders() -> None:
    plan = experiment(methods=[{"kind": "synib_released", "rate": 0.0}])
    info = plan.dataset.info()
    x = {name: torch.randn(64, 3, generator=generator()) for name in info.shapes}
    model = MultimodalClassifier(plan, info)
    objective = build(plan.methods[0], plan, info)
    z = {name: latent.detach().requires_grad_() for name, latent in model.encode(x).items()}
    detached = {name: latent.detach() for name, latent in z.items()}
    views = objective.learned(_given(model, detached), x, torch.arange(64) % 2, generator())
    views.fuse(_given(model, detached), 64)[1:].sum().backward()
    assert all(latent.grad is None for latent in z.values())
    assert all(p.grad is None for p in model.encoders.parameters())
    assert all(p.grad is not None for p in model.fusion.parameters())


def test_annealing_starts_from_nothing_as_the_public_code_does() -> None:
    plan = experiment(methods=[{"kind": "synib_released", "anneal": 4}])
    info = plan.dataset.info()
    model, objective = MultimodalClassifier(plan, info), build(plan.methods[0], plan, info)
    x = {name: torch.randn(16, 3, generator=generator()) for name in info.shapes}
    values = []
    for epoch in range(6):
        objective.begin_epoch(epoch)
        values.append(objective(model, x, torch.arange(16) % 2, generator=generator()).penalty.item())
    assert values[0] == 0
    assert [value / values[-1] for value in values] == pytest.approx([0, 0.25, 0.5, 0.75, 1, 1], rel=1e-4)
