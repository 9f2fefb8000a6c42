"""CML ranks nested confidences."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from synib import spec
from synib.objectives.rivals.cml import Cml, order, ranking
from tests.synib.rivals.toys import Toy, batch, generator


def chain(*confidences: float) -> Tensor:
    """Logits (V, 1, 2) whose larger probability is as said."""
    return torch.tensor([[[c, 1 - c]] for c in confidences]).log()


def test_a_rise_in_confidence_costs_its_size() -> None:
    # Two views: .9 without the modality, .6 with it.
    assert ranking(chain(0.6, 0.9)).item() == pytest.approx(0.3)
    # Three views .7, .5, .8: the fall is free, the rise costs .3.
    assert ranking(chain(0.7, 0.5, 0.8)).item() == pytest.approx(0.3)
    # Two examples, .3 and nothing: the mean.
    two = torch.cat([chain(0.6, 0.9), chain(0.9, 0.6)], dim=1)
    assert ranking(two).item() == pytest.approx(0.15)


@given(st.lists(st.floats(0.5, 0.999), min_size=2, max_size=5))
def test_nested_confidences_cost_nothing(confidences: list[float]) -> None:
    nested = sorted(confidences, reverse=True)
    assert ranking(chain(*nested)).item() == pytest.approx(0, abs=1e-6)


def test_the_loss_is_cross_entropy_plus_the_weighted_ranking() -> None:
    model, (x, y) = Toy(), batch()
    once = Cml(spec.Cml(weight=1))(model, x, y, generator=generator())
    thrice = Cml(spec.Cml(weight=3))(model, x, y, generator=generator())
    expected = torch.nn.functional.cross_entropy(model.fuse(model.encode(x)), y)
    torch.testing.assert_close(once.task, expected)
    assert once.penalty.item() > 0
    torch.testing.assert_close(thrice.penalty, 3 * once.penalty)


@given(st.integers(2, 5), st.integers(0, 99))
def test_each_view_has_one_modality_less_and_what_is_gone_stays_gone(k: int, seed: int) -> None:
    z = {str(m): torch.arange(1.0, 13).reshape(6, 2) + 100 * m for m in range(k)}
    removed = order(6, k, generator(seed), torch.device("cpu"))
    views = Cml(spec.Cml(fill="zero")).chain(z, removed)
    gone = torch.stack([(views[m].reshape(k, 6, 2) == 0).all(dim=2) for m in views])  # (k, V, B)
    assert torch.equal(gone.sum(dim=0), torch.arange(k)[:, None].expand(k, 6))
    assert (gone[:, 1:] >= gone[:, :-1]).all()
    for m, latent in z.items():
        kept = views[m].reshape(k, 6, 2)
        assert torch.equal(kept[0], latent)
        assert ((kept == latent) | (kept == 0)).all()


def test_the_mean_of_the_batch_stands_for_what_is_removed_and_padding_stays_padding() -> None:
    nan = torch.nan
    tokens = torch.tensor([[[1.0], [nan]], [[3.0], [5.0]]])
    z = {"a": tokens, "b": torch.zeros(2, 1)}
    views = Cml(spec.Cml()).chain(z, torch.tensor([[0, 1], [0, 1]]))  # a goes first
    expected = torch.tensor([[[1.0], [nan]], [[3.0], [5.0]], [[2.0], [nan]], [[2.0], [5.0]]])
    torch.testing.assert_close(views["a"], expected, equal_nan=True)


def test_orders_are_all_as_likely() -> None:
    first = order(9000, 3, generator(), torch.device("cpu")).argmin(dim=1)
    assert (first.bincount() / 9000 - 1 / 3).abs().max().item() < 0.02
