"""Images, audio and texts that examples refer to: each different one once, decoded when it is asked for."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Kind = Literal["image", "audio", "text"]
Item = NDArray[Any] | str
"""image: uint8 (H, W, C) with C 1 or 3; audio: float32 (T,), mono in [-1, 1]; text: str."""


class Media(Protocol):
    """One modality of N examples, as M different items."""

    @property
    def kind(self) -> Kind: ...

    @property
    def digests(self) -> NDArray[np.str_]:
        """(M,) sha256 of each item, as hexadecimal; all different."""
        ...

    @property
    def index(self) -> NDArray[np.int64]:
        """(N,) each example's item; -1 where the example lacks the modality."""
        ...

    def read(self, item: int) -> Item:
        """An item, decoded."""
        ...

    def rate(self, item: int) -> int:
        """Samples per second of an audio item."""
        ...

    def select(self, rows: NDArray[Any]) -> Self:
        """The same of some examples, by a mask (N,) or their numbers; the items stay."""
        ...


@dataclass(frozen=True)
class FolderMedia:
    """Items in files: PNG or JPEG images, WAV or FLAC audio, UTF-8 texts."""

    kind: Kind
    folder: Path
    names: NDArray[np.str_]  # (M,) of the files in the folder
    digests: NDArray[np.str_]  # (M,) of the files' bytes
    index: NDArray[np.int64]

    def path(self, item: int) -> Path:
        """The file of an item, as it was brought."""
        return self.folder / str(self.names[item])

    def read(self, item: int) -> Item:
        return DECODERS[self.kind](self.path(item))

    def rate(self, item: int) -> int:
        import soundfile  # noqa: PLC0415

        _check_audio(self.kind)
        return int(soundfile.info(str(self.path(item))).samplerate)

    def select(self, rows: NDArray[Any]) -> Self:
        return replace(self, index=self.index[rows])


@dataclass(frozen=True)
class ArrayMedia:
    """Items in memory, or in any sequence that gives them one by one."""

    kind: Kind
    items: Sequence[Item] | NDArray[Any]  # an array has the items along its first axis
    index: NDArray[np.int64]
    rates: Sequence[int] = ()
    """Of audio: samples per second of each item."""
    known: NDArray[np.str_] | None = field(default=None, repr=False)
    """Digests, where somebody has them already."""

    @classmethod
    def of(cls, kind: Kind, values: Sequence[Item | None], rate: int = 16_000) -> Self:
        """Of N examples' values, None where one is missing; equal values become one item."""
        items: dict[str, Item] = {}
        places: dict[str, int] = {}
        index = np.full(len(values), -1, np.int64)
        for row, value in enumerate(values):
            if value is not None:
                digest = item_digest(value, rate)
                index[row] = places.setdefault(digest, len(places))
                items.setdefault(digest, value)
        rates = [rate] * len(items) if kind == "audio" else []
        return cls(kind, [*items.values()], index, rates, np.array([*items], "U64"))

    @cached_property
    def digests(self) -> NDArray[np.str_]:
        if self.known is not None:
            return self.known
        rates = self.rates or [0] * len(self.items)
        return np.array([item_digest(*pair) for pair in zip(self.items, rates, strict=True)], "U64")

    def read(self, item: int) -> Item:
        return self.items[item]

    def rate(self, item: int) -> int:
        _check_audio(self.kind)
        return int(self.rates[item])

    def select(self, rows: NDArray[Any]) -> Self:
        return replace(self, index=self.index[rows])


def item_digest(value: Item, rate: int) -> str:
    """sha256 of a decoded item; of a text, that of its UTF-8 bytes, which a file of it has, too."""
    if isinstance(value, str):
        return hashlib.sha256(value.encode()).hexdigest()
    about = f"{value.dtype.str} {value.shape}{f' {rate} Hz' if value.ndim == 1 else ''}\x1e"
    return hashlib.sha256(about.encode() + np.ascontiguousarray(value).tobytes()).hexdigest()


def decode_image(path: Path) -> NDArray[np.uint8]:
    """(H, W, 1) of a grey image, (H, W, 3) of any other: turned as its camera says, over white where it is
    transparent, 16 bits a channel cut to 8."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - only who has images needs it

    with Image.open(path, formats=("PNG", "JPEG")) as opened:
        image: Image.Image = ImageOps.exif_transpose(opened)
        if image.mode.startswith("I"):  # 16-bit grey
            deep = np.asarray(image, np.int64)
            return np.asarray(np.clip(deep >> 8, 0, 255), np.uint8)[..., None]
        if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA"):
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
        grey = image.mode in ("1", "L")
        pixels = np.array(image.convert("L" if grey else "RGB"))
        return pixels[..., None] if grey else pixels


def decode_audio(path: Path) -> NDArray[np.float32]:
    """(T,) the mean of the channels."""
    import soundfile  # noqa: PLC0415

    samples, _ = soundfile.read(str(path), dtype="float32", always_2d=True)  # (T, channels)
    return np.asarray(np.clip(samples.mean(axis=1, dtype=np.float32), -1, 1), np.float32)


def decode_text(path: Path) -> str:
    """The text, without a byte order mark."""
    return path.read_text("utf-8-sig")


DECODERS: dict[Kind, Callable[[Path], Item]] = {
    "image": decode_image,
    "audio": decode_audio,
    "text": decode_text,
}


def _check_audio(kind: Kind) -> None:
    if kind != "audio":
        raise ValueError(f"{kind} has no sampling rate; only audio has")
