"""Small random changes of a training batch, as an experiment's modalities ask for them."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Generator, Tensor

from synib import spec
from synib.models import Moments

Batch = dict[str, Tensor]


def augment(
    batch: Batch,
    modalities: Mapping[str, spec.Modality],
    moments: Mapping[str, Moments],
    generator: Generator,
) -> Batch:
    """{modality: (B, *shape)} with each modality's changes, one after another; the batch stays as it is.

    What is drawn depends on the generator and the shapes alone. What is not there, NaN, is not made up.
    """
    changed = dict(batch)
    for name, modality in modalities.items():
        for asked in modality.augment:
            changed[name] = _changed(changed[name], asked, moments[name], generator)
    return changed


def _changed(x: Tensor, asked: spec.Augmentation, moments: Moments, generator: Generator) -> Tensor:
    match asked:
        case spec.SpecAugment():
            return _masked(x, asked, moments.mean, generator)
        case spec.Crop():
            down, right = (_whole(x, -asked.pixels, asked.pixels, generator) for _ in "yx")
            return _moved(_moved(x, down, 2), right, 3)
        case spec.Flip():
            return torch.where(_column(_uniform(x, generator) < asked.rate, x), x.flip(-1), x)
        case spec.Noise():
            return x + asked.std * moments.std * _normal(x, generator)
        case spec.Shift():
            steps, axis = _whole(x, -asked.steps, asked.steps, generator), _time(x)
            return _moved(x, steps, axis).masked_fill(_outside(x, steps, axis), torch.nan)
        case spec.TokenDropout():
            gone = torch.rand(x.shape, generator=generator, device=x.device) < asked.rate
            gone[:, 0] = False
            return x.masked_fill(gone, torch.nan)


def _masked(x: Tensor, asked: spec.SpecAugment, mean: Tensor, generator: Generator) -> Tensor:
    time, frequency = _time(x), 2
    gone = torch.zeros_like(x, dtype=torch.bool)
    frames, frequencies = (time, asked.frames), (frequency, asked.frequencies)
    for axis, widest in [frames] * asked.frame_bands + [frequencies] * asked.frequency_bands:
        gone = gone | _band(x, axis, widest, generator)
    return torch.where(gone & ~x.isnan(), mean, x)


def _band(x: Tensor, axis: int, widest: int, generator: Generator) -> Tensor:
    """One band in every example, true within: its width uniform up to the widest, then its place."""
    length = x.shape[axis]
    width = _whole(x, 0, min(widest, length), generator)
    start = (_uniform(x, generator) * (length - width + 1)).floor()
    places = _along(torch.arange(length, device=x.device), x, axis)
    return (places >= _column(start, x)) & (places < _column(start + width, x))


def _moved(x: Tensor, steps: Tensor, axis: int) -> Tensor:
    """Each example moved by its own number of places, its edge repeated."""
    length = x.shape[axis]
    source = (torch.arange(length, device=x.device) - steps[:, None]).clamp(0, length - 1).long()
    shape = [1] * x.ndim
    shape[0], shape[axis] = source.shape
    return x.gather(axis, source.reshape(shape).expand_as(x))


def _outside(x: Tensor, steps: Tensor, axis: int) -> Tensor:
    """Where what was moved comes from beyond the ends."""
    source = _along(torch.arange(x.shape[axis], device=x.device), x, axis) - _column(steps, x)
    return (source < 0) | (source >= x.shape[axis])


def _time(x: Tensor) -> int:
    """The axis of time: of (B, T, d) the second, of a spectrogram (B, 1, bands, frames) the last."""
    return 1 if x.ndim == 3 else 3


def _whole(x: Tensor, low: int, high: int, generator: Generator) -> Tensor:
    """Uniform whole numbers from low to high, one an example."""
    return torch.randint(low, high + 1, (len(x),), generator=generator, device=x.device)


def _uniform(x: Tensor, generator: Generator) -> Tensor:
    return torch.rand(len(x), generator=generator, device=x.device)


def _normal(x: Tensor, generator: Generator) -> Tensor:
    return torch.randn(x.shape, generator=generator, device=x.device)


def _column(values: Tensor, x: Tensor) -> Tensor:
    """(B,) to what broadcasts against x."""
    return values.reshape(-1, *[1] * (x.ndim - 1))


def _along(values: Tensor, x: Tensor, axis: int) -> Tensor:
    """(L,) to what broadcasts along one axis of x."""
    shape: list[Any] = [1] * x.ndim
    shape[axis] = -1
    return values.reshape(shape)
