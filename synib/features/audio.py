"""Features of recordings: samples, log-mel spectrograms, cepstral coefficients, by torchaudio's transforms.

torchaudio is imported when it is first needed: it takes seconds, and only recordings need it. Its loaders and
writers are never used; whoever reads a file decodes it himself.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synib import spec

FLOOR = 1e-6
"""Added to the power of each band before the logarithm: 60 dB below a full-scale tone's order of size."""

Samples = NDArray[np.float32]


def waveform(samples: Samples, rate: int, asked: spec.Waveform) -> NDArray[np.float32]:
    """(T,) at ``rate`` to (samples, 1), NaN after its end."""
    return _padded(_cut(samples, rate, asked)[:, None], asked.samples)


def log_mel(samples: Samples, rate: int, asked: spec.LogMel) -> NDArray[np.float32]:
    """(T,) at ``rate`` to (1, mels, frames) or (frames, mels), NaN after its end."""
    bands = _bands(_cut(samples, rate, asked), asked)
    return _laid_out(bands, asked.frames, asked.layout)


def mfcc(samples: Samples, rate: int, asked: spec.Mfcc) -> NDArray[np.float32]:
    """(T,) at ``rate`` to (frames, coefficients) or (1, coefficients, frames), NaN after its end."""
    bands = _bands(_cut(samples, rate, asked), asked)
    return _laid_out(bands @ _cosines(asked.coefficients, asked.mels), asked.frames, asked.layout)


def resample(samples: Samples, rate: int, to: int) -> Tensor:
    """(T,) by band-limited interpolation: Hann-windowed sinc, 6 zero crossings a side, roll-off .99."""
    values = torch.from_numpy(np.ascontiguousarray(samples, np.float32))
    if rate == to or not len(values):
        return values
    resampled: Tensor = torchaudio().functional.resample(values, rate, to)
    return resampled


def _cut(samples: Samples, rate: int, asked: Any) -> Tensor:
    """At the rate asked for, (T,), no longer than asked for.

    Raises:
        ValueError: it is no sound: several axes, or values that are not finite.
    """
    if samples.ndim != 1:
        raise ValueError(
            f"a recording is one row of samples, (T,), not {samples.shape}; take the mean of channels"
        )
    beyond = (
        int(np.ceil((asked.samples + 1) * rate / asked.rate)) + rate
    )  # a second of what follows shapes the end
    resampled = resample(samples[:beyond], rate, asked.rate)[: asked.samples]
    if not resampled.isfinite().all():
        raise ValueError("a recording has samples that are not finite numbers")
    return resampled


def _bands(samples: Tensor, asked: spec.LogMel | spec.Mfcc) -> Tensor:
    """(T,) to the logarithm of the power in each band, (frames, mels); without samples no frames."""
    if not len(samples):
        return torch.zeros(0, asked.mels)
    power: Tensor = _transform(asked.rate, asked.points, asked.window_samples, asked.hop_samples, asked.mels)(
        samples
    )
    return torch.log(power + FLOOR).mT


@lru_cache(maxsize=8)
def _transform(rate: int, points: int, window: int, hop: int, mels: int) -> Any:
    return torchaudio().transforms.MelSpectrogram(
        rate, n_fft=points, win_length=window, hop_length=hop, n_mels=mels, pad_mode="constant"
    )


@lru_cache(maxsize=8)
def _cosines(coefficients: int, mels: int) -> Tensor:
    """(mels, coefficients), orthonormal."""
    table: Tensor = torchaudio().functional.create_dct(coefficients, mels, "ortho")
    return table


def _laid_out(steps: Tensor, frames: int, layout: str) -> NDArray[np.float32]:
    padded = _padded(steps, frames)
    return padded if layout == "steps" else np.ascontiguousarray(padded.T[None])


def _padded(steps: Tensor, length: int) -> NDArray[np.float32]:
    """(T, d) to (length, d)."""
    whole = np.full((length, steps.shape[1]), np.nan, np.float32)
    whole[: len(steps)] = steps[:length].numpy()
    return whole


@lru_cache(maxsize=1)
def torchaudio() -> Any:
    """
    Raises:
        ImportError: it is not installed, or built for another machine.
    """
    try:
        import torchaudio as library  # noqa: PLC0415 - seconds, and only recordings need it
        import torchaudio.functional  # noqa: PLC0415
        import torchaudio.transforms  # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise ImportError(
            f"features of recordings need torchaudio, which cannot be loaded here ({error}); `make setup` "
            "installs it as this machine needs it"
        ) from error
    return library
