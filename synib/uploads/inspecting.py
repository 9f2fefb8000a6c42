"""Whether a file is an image, a recording or a text that we read whole, and what it looks like from afar."""

import struct
import warnings
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synib.data.media import Kind
from synib.uploads.limits import Limits

ENDINGS: Final = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "wav": "wav", "flac": "flac", "txt": "txt"}
"""What a file's name may end with, and what it then must be."""
KINDS: Final[dict[str, Kind]] = {
    "png": "image", "jpeg": "image", "wav": "audio", "flac": "audio", "txt": "text",
}  # fmt: skip
CALLED: Final = {"png": "a PNG image", "jpeg": "a JPEG image", "wav": "a WAV recording",
                 "flac": "a FLAC recording", "txt": "a UTF-8 text"}  # fmt: skip
SIDE: Final = 16
"""Of a coarse picture: pixels, or bands and times."""
FRAMES: Final = 65_536
"""Of a recording, decoded at a time."""
WINDOW: Final = 512
"""Samples of a spectrum."""
QUIET: Final = 50
"""dB below the loudest that count as nothing."""
FLAT: Final = 32
"""Least range of grey levels that is stretched to the full one."""

Thumb = NDArray[np.uint8]
"""(SIDE, SIDE)"""


class Unfit(ValueError):
    """A file that cannot be used; says what would be right."""


@dataclass(frozen=True)
class Seen:
    """A file that can."""

    kind: Kind
    thumb: Thumb | None = None
    """Of images and recordings."""
    size: tuple[int, int] = (0, 0)
    """Height and width of an image."""
    seconds: float = 0.0
    rate: int = 0


def inspect(path: Path, name: str, limits: Limits) -> Seen:
    """Look at the file ``path``, which its owner calls ``name``.

    Raises:
        Unfit: it is not what its name says, cut off, too large, or none of what is read.
    """
    ending = name.rpartition(".")[2].lower()
    if ending not in ENDINGS:
        raise Unfit(f"ends with none of {', '.join('.' + known for known in ENDINGS)}; only such are read")
    with path.open("rb") as file:
        head = file.read(16)
    if not head:
        raise Unfit("is empty")
    is_a, says = _what(head), ENDINGS[ending]
    if is_a != says and not (says == "txt" and is_a is None):
        what = f"is {CALLED[is_a]}" if is_a else "is something else"
        raise Unfit(f"is called {CALLED[says]} by its name, but {what}; give it the right ending")
    match KINDS[says]:
        case "image":
            return _image(path, limits)
        case "audio":
            return _audio(path, says, limits)
        case "text":
            raise Unfit("is a text, and those before it are none; a modality is of one kind")


def _what(head: bytes) -> str | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    return "flac" if head.startswith(b"fLaC") else None


def _image(path: Path, limits: Limits) -> Seen:
    from PIL import Image  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow warns of, size and damage, is looked at here
        try:
            with Image.open(path, formats=("PNG", "JPEG")) as image:
                width, height = image.size
                if width * height > limits.pixels:
                    raise Unfit(f"has {width:,} × {height:,} pixels; at most {limits.pixels:,} are taken")
                if not width * height:
                    raise Unfit("has no pixels")
                image.load()
                grey = image.convert("RGB").convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
        except Unfit:
            raise
        except Image.DecompressionBombError:
            raise Unfit(f"has far more than {limits.pixels:,} pixels, which are at most taken") from None
        except Exception as error:  # a decoder of hostile bytes raises anything
            raise Unfit(f"cannot be decoded ({type(error).__name__}); is it cut off?") from None
    return Seen("image", _stretched(np.asarray(grey, np.float64)), (height, width))


def _audio(path: Path, says: str, limits: Limits) -> Seen:
    import soundfile  # noqa: PLC0415

    if says == "wav":
        _check_wav(path)
    try:
        with soundfile.SoundFile(str(path)) as file:
            rate, frames = file.samplerate, len(file)
            if not frames:
                raise Unfit("has no samples")
            if frames > limits.seconds * rate:
                raise Unfit(f"lasts {frames / rate:,.0f} s; at most {limits.seconds:,} s are taken")
            if file.channels > 16:
                raise Unfit(f"has {file.channels} channels; at most 16 are taken")
            thumb = _spectrogram(file, frames, rate)
    except soundfile.LibsndfileError as error:
        raise Unfit(f"cannot be decoded ({error.error_string}); is it cut off?") from None
    return Seen("audio", thumb, seconds=frames / rate, rate=rate)


def _spectrogram(file: Any, frames: int, rate: int) -> Thumb:
    """Power in SIDE bands, evenly spaced by pitch, and SIDE times, in dB below the loudest of them.

    Raises:
        Unfit: there are less samples than the header says, or some are no numbers.
    """
    bins = np.fft.rfftfreq(WINDOW, 1 / rate)
    edges = np.geomspace(min(60, rate / 16), rate / 2, SIDE + 1)
    bands = np.stack([(bins >= low) & (bins <= high) for low, high in pairwise(edges)])
    for band in np.flatnonzero(~bands.any(axis=1)):  # low ones are narrower than a bin
        bands[band, np.argmin(np.abs(bins - edges[band : band + 2].mean()))] = True
    power, window, done = np.zeros((SIDE, SIDE)), np.hanning(WINDOW), 0
    while done < frames:
        block = file.read(FRAMES, dtype="float32", always_2d=True).mean(axis=1)
        if not len(block):
            raise Unfit(f"is cut off: {frames - done:,} of {frames:,} samples are missing")
        if not np.isfinite(block).all():
            raise Unfit("has samples that are NaN or infinite")
        padded = np.pad(block, (0, -len(block) % WINDOW)).reshape(-1, WINDOW)
        spectra = np.abs(np.fft.rfft(padded * window, axis=1)) ** 2  # (F, bins)
        times = np.minimum(SIDE - 1, (done + WINDOW * np.arange(len(padded))) * SIDE // frames)
        np.add.at(power, times, spectra @ bands.T)
        done += len(block)
    loudness = 10 * np.log10(power.T + 1e-12)
    relative = np.clip((loudness - loudness.max()) / QUIET + 1, 0, 1)
    return np.asarray(np.rint(255 * relative), np.uint8)


def _check_wav(path: Path) -> None:
    """Whether all that its header promises is there: decoders fill up or stop in silence."""
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 12
        while at + 8 <= size:
            file.seek(at)
            name, length = struct.unpack("<4sI", file.read(8))
            if name == b"data":
                if at + 8 + length > size:
                    missing = at + 8 + length - size
                    raise Unfit(f"is cut off, or its header lies: {missing:,} bytes of samples are missing")
                return
            at += 8 + length + length % 2
    raise Unfit("has no samples; is it cut off?")


def _stretched(grey: NDArray[np.float64]) -> Thumb:
    """From its darkest to its brightest: what is lighter all over is the same picture."""
    low, high = grey.min(), grey.max()
    return np.asarray(np.rint((grey - low) * (255 / max(FLAT, high - low))), np.uint8)
