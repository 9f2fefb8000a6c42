"""The files of spoken and of written digits, as they are published."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from gzip import BadGzipFile
from gzip import open as open_gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synib.data.media import decode_audio
from synib.data.sources import MissingData

Indices = NDArray[np.int64]

RATE = 8000  # samples per second
IMAGES, LABELS = 2051, 2049  # what the two files of MNIST begin with


@dataclass(frozen=True)
class Recordings:
    """Of the Free Spoken Digit Dataset, M of them, ordered by their files' names."""

    waves: Sequence[NDArray[np.float32]]  # (T,) each, 8,000 samples a second
    digit: Indices  # (M,)
    speaker: NDArray[np.str_]  # (M,)
    index: Indices  # (M,) 0 to 49, within speaker and digit

    @property
    def names(self) -> NDArray[np.str_]:
        """(M,) of the files."""
        about = zip(self.digit, self.speaker, self.index, strict=True)
        return np.array([f"{digit}_{speaker}_{index}" for digit, speaker, index in about])


@lru_cache(1)
def read_recordings(folder: Path) -> Recordings:
    """All WAV files of the folder.

    Raises:
        MissingData: there are none, or one is no recording of 8,000 samples a second.
    """
    import soundfile  # noqa: PLC0415 - only who has recordings needs it

    named = [
        (re.fullmatch(r"(\d)_([^_]+)_(\d+)\.wav", path.name), path) for path in sorted(folder.glob("*.wav"))
    ]
    found = [(int(name[1]), name[2], int(name[3]), path) for name, path in named if name]
    if not found:
        raise MissingData(f"there are no recordings {{digit}}_{{speaker}}_{{index}}.wav in {folder}")
    waves = []
    for *_, path in found:
        try:
            rate = soundfile.info(str(path)).samplerate
            if rate != RATE:
                raise MissingData(f"{path} has {rate} samples a second; it must have {RATE}")
            waves.append(decode_audio(path))
        except soundfile.LibsndfileError as error:
            raise MissingData(f"{path} is no recording: {error}") from None
    digit, speaker, index = (np.array(column) for column in list(zip(*found, strict=True))[:3])
    return Recordings(waves, digit, speaker, index)


@lru_cache(1)
def read_images(folder: Path) -> tuple[NDArray[np.uint8], Indices]:
    """Images (M, 28, 28, 1) and the digits (M,) they show, of two files in the IDX format.

    Raises:
        MissingData: a file is not there, or not in that format, or they do not belong together.
    """
    images = _read_idx(folder / "t10k-images-idx3-ubyte.gz", IMAGES, (28, 28))
    digit = _read_idx(folder / "t10k-labels-idx1-ubyte.gz", LABELS, ())
    if len(images) != len(digit) or not set(range(10)) == set(digit.tolist()):
        raise MissingData(
            f"in {folder} are {len(images)} images and {len(digit)} labels; they must be of 0 to 9"
        )
    return images[..., None], digit.astype(np.int64)


def _read_idx(path: Path, magic: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """(M, *shape): four-byte numbers, high byte first, for kind, M and shape, then the values."""
    try:
        with open_gzip(path) as file:
            content = file.read()
    except FileNotFoundError:
        raise MissingData(f"{path} is not there") from None
    except (BadGzipFile, EOFError) as error:
        raise MissingData(f"{path} cannot be unpacked: {error}") from None
    header = np.frombuffer(content[: 8 + 4 * len(shape)], ">u4")
    values = np.frombuffer(content, np.uint8, offset=header.nbytes)
    if (
        len(header) != 2 + len(shape)
        or header[0] != magic
        or (header[1], *header[2:])
        != (
            values.size // int(np.prod(shape, dtype=int)),
            *shape,
        )
    ):
        raise MissingData(f"{path} is not in the IDX format, or is cut short")
    return values.reshape(-1, *shape).copy()  # that of a buffer is read-only
