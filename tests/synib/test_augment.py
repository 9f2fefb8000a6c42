"""Augmentation changes what it says, as much as it says, in training alone and for every method alike."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from synib import spec
from synib.data import load
from synib.models import Moments, moments_of
from synib.problems import SpecError
from synib.spec import parse_experiment
from synib.training import Replica, train, train_replicas
from synib.training.augment import augment

B = 2000
SHAPES = {"spectrogram": (1, 6, 9), "series": (9, 6), "image": (2, 7, 9), "words": (8,)}


def changed(x: Tensor, *asked: spec.Augmentation, seed: int = 0, mean: float = 50.0) -> Tensor:
    moments = Moments(torch.full(x.shape[1:], mean), torch.full(x.shape[1:], 2.0))
    modality = spec.Modality(augment=list(asked))
    generator = Generator().manual_seed(seed)
    return augment({"m": x}, {"m": modality}, {"m": moments}, generator)["m"]


def numbered(kind: str, rows: int = B) -> Tensor:
    """No two coordinates of an example alike."""
    shape = SHAPES[kind]
    return torch.arange(1.0, 1 + math.prod(shape)).reshape(1, *shape).expand(rows, *shape).clone()


@pytest.mark.parametrize("kind", ["spectrogram", "series"])
def test_bands_are_whole_and_their_widths_uniform(kind: str) -> None:
    # Widths 0 to 4 with mean 2 of 9 frames: 2/9 of the values on average, and the mean in their place.
    asked = spec.SpecAugment(frames=4, frequencies=0)
    x = changed(numbered(kind), asked)
    gone = x == 50.0 if kind == "series" else (x == 50.0)[:, 0].mT  # (B, frames, bands)
    gone &= gone.all(dim=2, keepdim=True)
    frames = gone[..., 0]
    widths = frames.sum(1)
    assert torch.equal(gone, frames[..., None].expand_as(gone))
    share = torch.bincount(widths, minlength=5)[:5] / B
    assert share == pytest.approx([0.2] * 5, abs=0.05)  # 5 standard errors
    assert (frames.int().diff(dim=1).abs().sum(1) <= 2).all()  # one stretch each
    kept = ~gone if kind == "series" else ~gone.mT[:, None]
    assert torch.equal(x[kept], numbered(kind)[kept])


def test_bands_of_frequencies_lie_across() -> None:
    x = changed(numbered("spectrogram"), spec.SpecAugment(frames=0, frequencies=3, frequency_bands=2))
    gone = (x == 50.0)[:, 0].all(dim=2)
    assert (gone.sum(1) <= 6).all()
    assert gone.float().mean() == pytest.approx(1 - (1 - 0.25) ** 2, abs=0.06)  # about: places are not alike


@pytest.mark.parametrize("asked", [spec.SpecAugment(), spec.Noise(), spec.Shift(steps=1)])
def test_what_is_not_there_is_not_made_up(asked: spec.Augmentation) -> None:
    x = numbered("series", 50)
    x[:, 5:] = math.nan
    assert changed(x, asked)[:, 7:].isnan().all()


def test_a_crop_moves_an_image_and_repeats_its_edge() -> None:
    x = numbered("image", 200)
    moved = changed(x, spec.Crop(pixels=2))
    padded = torch.nn.functional.pad(x, (2, 2, 2, 2), mode="replicate")
    windows = [padded[:, :, a : a + 7, b : b + 9] for a in range(5) for b in range(5)]
    same = torch.stack([(moved == window).flatten(1).all(1) for window in windows])
    assert same.any(0).all()
    assert same.any(1).all()  # each of the 25 places comes up


def test_a_flip_mirrors_left_and_right_as_often_as_asked() -> None:
    x = numbered("image")
    flipped = changed(x, spec.Flip(rate=0.3))
    turned = (flipped == x.flip(-1)).flatten(1).all(1)
    assert torch.equal(flipped[~turned], x[~turned])
    assert turned.float().mean() == pytest.approx(0.3, abs=0.05)
    assert torch.equal(changed(x, spec.Flip(rate=1)), x.flip(3))


def test_noise_is_normal_in_spreads_of_the_training_examples() -> None:
    noise = changed(torch.zeros(B, 30), spec.Noise(std=0.5))
    assert noise.mean().item() == pytest.approx(0, abs=0.02)
    assert noise.std().item() == pytest.approx(0.5 * 2.0, abs=0.02)
    assert noise.pow(4).mean().item() == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize("kind", ["spectrogram", "series"])
def test_a_shift_moves_time_alone_and_leaves_gaps(kind: str) -> None:
    x = numbered(kind, 300)
    moved = changed(x, spec.Shift(steps=2))
    steps = moved[:, 0].mT if kind == "spectrogram" else moved  # (B, T, d)
    source = x[0, 0].T if kind == "spectrogram" else x[0]
    seen = set()
    for row in steps:
        by = next(n for n in range(-2, 3) if torch.equal(row[2:-2], source[2 - n : 7 - n]))
        seen.add(by)
        absent = row.isnan().all(1)
        assert absent.sum() == abs(by) == row.isnan().any(1).sum()
    assert seen == {-2, -1, 0, 1, 2}


def test_words_are_dropped_but_never_the_first() -> None:
    x = numbered("words")
    dropped = changed(x, spec.TokenDropout(rate=0.25))
    assert not dropped[:, 0].isnan().any()
    assert dropped[:, 1:].isnan().float().mean().item() == pytest.approx(0.25, abs=0.02)
    assert torch.equal(dropped.nan_to_num(0) * dropped.isfinite(), x * dropped.isfinite())


def test_changes_follow_one_another_and_the_batch_stays_as_it_is() -> None:
    x = numbered("image", 20)
    both = changed(x, spec.Flip(rate=1), spec.Flip(rate=1))
    assert torch.equal(both, x)
    assert torch.equal(x, numbered("image", 20))


# --------------------------------------------------------------------------------------------- in training


def experiment(methods: list[dict[str, Any]] | None = None, **modality: Any) -> spec.Experiment:
    return parse_experiment(
        {
            "dataset": {"kind": "paired_digits", "examples": 200},
            "modalities": {"left": modality, "right": {}},
            "methods": methods or [{"kind": "vanilla"}],
            "training": {"epochs": 2, "batch_size": 50, "early_stopping": None},
        }
    )


NOISY = {"augment": [{"kind": "noise", "std": 0.5}, {"kind": "crop", "pixels": 1}]}


def weights(trained: Any) -> np.ndarray[Any, Any]:
    return torch.cat([p.detach().flatten() for p in trained.model.parameters()]).numpy()


def test_training_sees_changed_examples_and_is_the_same_every_time() -> None:
    asked = experiment(**NOISY)
    data = load(asked.dataset)
    once, again, plain = (weights(train(one, 0, 0, data)) for one in (asked, asked, experiment()))
    np.testing.assert_array_equal(once, again)
    assert np.abs(once - plain).max() > 1e-4


def test_every_method_sees_the_same_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    import synib.training.loop as loop

    seen: list[Tensor] = []
    real = loop.augment

    def watched(*args: Any) -> Any:
        batch = real(*args)
        seen.append(batch["left"].clone())
        return batch

    monkeypatch.setattr(loop, "augment", watched)
    asked = experiment(
        [{"kind": "vanilla"}, {"kind": "synib", "mask": {"kind": "random", "fill": "noise"}}], **NOISY
    )
    data = load(asked.dataset)
    for method in (0, 1):
        train(asked, method, 0, data)
    first, second = seen[: len(seen) // 2], seen[len(seen) // 2 :]
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))
    assert not torch.equal(first[0], first[3])  # another epoch, another draw


def test_validation_and_moments_are_of_the_examples_as_they_are() -> None:
    asked = experiment(**NOISY)
    data = load(asked.dataset)
    trained = train(asked, 0, 0, data)
    expected = moments_of({"left": data.select("train").x["left"]})["left"]
    torch.testing.assert_close(trained.model.moments["left"].mean, expected.mean)
    held_out = data.select("validation")
    with torch.no_grad():
        logits = trained.model({name: torch.from_numpy(held_out.x[name]) for name in ("left", "right")})
    right = (logits.argmax(1).numpy() == held_out.y).mean()
    told = trained.history[trained.best_epoch - 1].values["validation/accuracy"]
    assert told == pytest.approx(float(right))


def test_replicas_are_refused_what_they_cannot_share() -> None:
    asked = experiment(**NOISY)
    with pytest.raises(ValueError, match=r"with augmentation, as left has, .*use synib.training.train"):
        train_replicas(asked, [Replica(0, 0)], load(asked.dataset))


def test_a_vector_has_no_time_to_shift() -> None:
    with pytest.raises(SpecError, match="is for spectrograms and series"):
        parse_experiment(
            {
                "dataset": {"kind": "noisy_xor"},
                "modalities": {"x1": {"augment": [{"kind": "shift"}]}, "x2": {}},
                "methods": [{"kind": "vanilla"}],
            }
        )
