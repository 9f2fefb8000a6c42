"""Spectrograms are what their formulas say, by NumPy and SciPy, and what follows a recording is not sound."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.fft import dct
from scipy.signal import resample_poly

from synib import spec
from synib.features import audio

RATE = 16_000


def tone(hertz: float, seconds: float, rate: int = RATE) -> NDArray[np.float32]:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


def noise(samples: int, seed: int = 0) -> NDArray[np.float32]:
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def reference(samples: NDArray[np.float32], asked: spec.LogMel | spec.Mfcc) -> NDArray[np.float64]:
    """(frames, mels): the definition, frame by frame, in double precision."""
    n, hop, window = asked.points, asked.hop_samples, asked.window_samples
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    framed = np.pad(hann, ((n - window) // 2, n - window - (n - window) // 2))
    padded = np.pad(samples.astype(np.float64), n // 2)
    frames = np.stack([padded[t * hop : t * hop + n] * framed for t in range(1 + len(samples) // hop)])
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    top = 2595 * math.log10(1 + asked.rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, asked.mels + 2) / 2595) - 1)
    hertz = np.linspace(0, asked.rate / 2, n // 2 + 1)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.clip(np.minimum((hertz - low) / (middle - low), (high - hertz) / (high - middle)), 0, None)
    return np.asarray(np.log(power @ triangles.T + 1e-6))


@pytest.mark.parametrize(
    "asked",
    [
        spec.LogMel(seconds=0.3, layout="steps"),
        spec.LogMel(seconds=0.3, rate=8000, mels=40, window=0.032, hop=0.016, layout="steps"),
        spec.LogMel(seconds=0.3, window=0.0201, hop=0.0073, mels=20, layout="steps"),
    ],
    ids=str,
)
def test_a_log_mel_spectrogram_is_the_definition(asked: spec.LogMel) -> None:
    samples = noise(asked.samples) + 0.5 * tone(440, 0.3, asked.rate)
    mine = audio.log_mel(samples, asked.rate, asked)
    assert mine.shape == asked.shape()
    np.testing.assert_allclose(mine, reference(samples, asked), atol=2e-3)


def test_cepstral_coefficients_are_the_cosine_transform_of_the_bands() -> None:
    asked = spec.Mfcc(seconds=0.2, coefficients=13)
    samples = noise(asked.samples)
    expected = dct(reference(samples, asked), type=2, norm="ortho", axis=1)[:, :13]
    np.testing.assert_allclose(audio.mfcc(samples, RATE, asked), expected, atol=5e-3)


def test_a_tone_is_loudest_in_the_band_around_its_frequency() -> None:
    # 1000 Hz is 999.99 mel; 40 bands between 0 and 2840.02 mel are 69.27 apart: the 14th is at 969.7.
    asked = spec.LogMel(seconds=0.5, mels=40, layout="steps")
    bands = audio.log_mel(tone(1000, 0.5), RATE, asked)[10:-10]
    assert (bands.argmax(axis=1) == 13).all()


@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 48_000])
def test_a_tone_is_the_same_whatever_rate_it_was_recorded_at(rate: int) -> None:
    asked = spec.Waveform(seconds=0.5)
    heard = audio.waveform(tone(440, 0.5, rate), rate, asked)[:, 0]
    expected = tone(440, 0.5)
    assert len(heard) == len(expected)
    np.testing.assert_allclose(heard[500:-500], expected[500:-500], atol=0.01)


def test_resampling_is_scipys_but_for_the_window() -> None:
    slow = np.convolve(noise(4000), np.hanning(64) / 32, "same").astype(
        np.float32
    )  # nothing near the roll-off
    mine = audio.resample(slow, 16_000, 8_000).numpy()
    theirs = resample_poly(slow.astype(np.float64), 1, 2)
    np.testing.assert_allclose(mine[100:-100], theirs[100:-100], atol=2e-3 * np.abs(theirs).max())


@pytest.mark.parametrize("kind", [spec.LogMel, spec.Mfcc])
def test_the_two_layouts_are_one_anothers_transpose(kind: type[spec.LogMel] | type[spec.Mfcc]) -> None:
    extract = audio.log_mel if kind is spec.LogMel else audio.mfcc
    steps, image = (extract(noise(9000), RATE, kind(layout=layout)) for layout in ("steps", "image"))
    assert image.shape == kind(layout="image").shape()
    np.testing.assert_array_equal(image[0].T, steps)


@settings(max_examples=20, deadline=None)
@given(samples=st.integers(0, 20_000), seconds=st.sampled_from([0.25, 0.5, 1.0]))
def test_what_is_short_is_not_there_afterwards_and_what_is_long_is_cut(samples: int, seconds: float) -> None:
    asked = spec.LogMel(seconds=seconds, layout="steps")
    bands = audio.log_mel(noise(samples), RATE, asked)
    kept = min(samples, asked.samples)
    there = 1 + kept // asked.hop_samples if kept else 0
    assert bands.shape == asked.shape()
    assert np.isfinite(bands[:there]).all()
    assert np.isnan(bands[there:]).all()
    np.testing.assert_array_equal(bands, audio.log_mel(noise(samples)[: asked.samples], RATE, asked))


def test_what_comes_long_after_the_cut_changes_nothing() -> None:
    asked = spec.Waveform(seconds=0.5)
    minute = noise(60 * 44_100)
    np.testing.assert_array_equal(
        audio.waveform(minute, 44_100, asked), audio.waveform(minute[: 2 * 44_100], 44_100, asked)
    )


def test_silence_is_the_floor_and_no_trap() -> None:
    bands = audio.log_mel(np.zeros(RATE, np.float32), RATE, spec.LogMel())
    np.testing.assert_allclose(bands, math.log(1e-6), rtol=1e-5)


@pytest.mark.parametrize(
    ("samples", "says"),
    [(np.zeros((4, 2), np.float32), "mean of channels"), (np.full(9, np.nan, np.float32), "finite")],
)
def test_what_is_no_recording_is_refused(samples: NDArray[np.float32], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        audio.log_mel(samples, RATE, spec.LogMel())


@pytest.mark.parametrize(
    "asked", [spec.LogMel(mels=200), spec.LogMel(window=0.004), spec.Mfcc(mels=200)], ids=str
)
def test_bands_that_hear_nothing_are_known_beforehand(asked: spec.LogMel | spec.Mfcc) -> None:
    (fault,) = asked.faults()
    assert fault.field == "mels"
    most = int(fault.detail.split("at most ")[1].split(",")[0])
    fits = asked.model_copy(update={"mels": most})
    assert not list(fits.faults())
    silent = reference(noise(4000), asked) <= math.log(1e-6) + 1e-12
    assert silent.all(axis=0).any()  # a band that is empty whatever is heard
    assert not (reference(noise(4000), fits) <= math.log(1e-6) + 1e-12).all(axis=0).any()
