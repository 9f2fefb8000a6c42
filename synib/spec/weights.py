"""Pretrained models on this machine's disk: where one lies and what its files say of it, without torch."""

import hashlib
import json
import os
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any, Literal

Reads = Literal["image", "audio", "text"]
Pooling = Literal["pooled", "mean", "tokens"]

WORDS = 64  # a text's tokens, where nobody says how many
WIDTHS = ("hidden_size", "d_model", "dim", "n_embd", "embed_dim")
MARKS: dict[Reads, tuple[str, ...]] = {
    "image": ("image_size", "patch_size", "num_channels"),
    "audio": ("conv_dim", "num_mel_bins", "sampling_rate"),
    "text": ("vocab_size",),
}
"""Words in a configuration, one of which a model that reads this has."""
TOWERS: dict[Reads, str] = {"image": "vision_config", "audio": "audio_config", "text": "text_config"}
PREFIXES: dict[Reads, tuple[str, ...]] = {
    "image": ("vision_model.", "visual_projection"),
    "audio": ("audio_model.", "audio_projection"),
    "text": ("text_model.", "text_projection"),
}
KNOWN = ("*.safetensors", "*.json", "*.txt", "*.model")
"""Files that a model is made of; anything that must be unpickled or run is not among them."""


class ModelError(ValueError):
    """A pretrained model that cannot be used as asked; the text says why and what would be right."""


def find(name: str) -> Path | None:
    """Folder of a model: below ``$SYNIB_MODELS``, in the cache of transformers or, where ``SYNIB_MODELS`` is
    not set, any folder. None if there is none with a configuration.

    Raises:
        ModelError: the name leads out of ``$SYNIB_MODELS``.
    """
    root = os.environ.get("SYNIB_MODELS")
    if root:
        inside = Path(os.path.normpath(Path(root).absolute() / name))
        if not inside.is_relative_to(os.path.normpath(Path(root).absolute())):
            raise ModelError(f"{name!r} is not below the folder of models; give a name or a path in it")
        candidates = [inside]
    else:
        candidates = [Path(name).expanduser()]
    return next((one for one in [*candidates, *_cached(name)] if (one / "config.json").is_file()), None)


def _cached(name: str) -> list[Path]:
    """Where transformers keeps what it has once loaded by name."""
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name):
        return []
    home = os.environ.get("HF_HOME", "~/.cache/huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE", f"{home}/hub")).expanduser()
    model = cache / f"models--{name.replace('/', '--')}"
    try:
        return [model / "snapshots" / (model / "refs" / "main").read_text().strip()]
    except OSError:
        return []


def digest(folder: Path) -> str:
    """SHA-256 over all of a model's files, by name and content."""
    files = sorted({file for pattern in KNOWN for file in folder.glob(pattern)})
    about = [(file, file.stat()) for file in files]
    return _digest(tuple((str(file), stat.st_size, stat.st_mtime_ns) for file, stat in about))


@lru_cache(maxsize=64)
def _digest(files: tuple[tuple[str, int, int], ...]) -> str:
    """Of files that have not changed since: by path, size and time."""
    whole = hashlib.sha256()
    for path, _, _ in files:
        with Path(path).open("rb") as file:
            whole.update(f"{Path(path).name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()


@dataclass(frozen=True)
class About:
    """What a model's configuration says of one of its towers."""

    folder: Path
    reads: Reads
    config: Mapping[str, Any]
    """The whole."""

    @classmethod
    def of(cls, folder: Path, reads: Reads) -> "About":
        """
        Raises:
            ModelError: the configuration is none, or of a model that reads something else.
        """
        try:
            config = json.loads((folder / "config.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ModelError(f"{folder.name}/config.json cannot be read: {error}") from None
        if not isinstance(config, dict):
            raise ModelError(f"{folder.name}/config.json is not a configuration")
        about = cls(folder, reads, config)
        others = [kind for kind in MARKS if kind not in (reads, "text") and about._has(kind)]
        if not about._has(reads) or (reads == "text" and "text_config" not in config and others):
            raise ModelError(f"a model of type {config.get('model_type')} does not read {reads}")
        return about

    def _has(self, kind: Reads) -> bool:
        return TOWERS[kind] in self.config or any(mark in self.config for mark in MARKS[kind])

    @property
    def tower(self) -> Mapping[str, Any]:
        """The configuration of the part that reads."""
        tower: Mapping[str, Any] = self.config.get(TOWERS[self.reads], self.config)
        return tower

    @property
    def both(self) -> bool:
        """Whether the model has several towers whose summaries are projected into one space."""
        return TOWERS[self.reads] in self.config

    def preprocessing(self) -> Mapping[str, Any]:
        """What its folder says of how images or recordings are prepared for it; empty if it says nothing."""
        try:
            said = json.loads((self.folder / "preprocessor_config.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return said if isinstance(said, dict) else {}

    @property
    def rate(self) -> int:
        """Samples per second that a model of sound hears."""
        return int(self.preprocessing().get("sampling_rate", 16_000))

    @property
    def longest(self) -> int | None:
        """Tokens of a text that it has positions for; of some families two positions are none."""
        positions = self.tower.get("max_position_embeddings")
        if not isinstance(positions, int) or positions < 1:
            return None
        family = str(self.tower.get("model_type"))
        return positions - 2 if any(one in family for one in ("roberta", "camembert", "mpnet")) else positions

    def width(self, pooling: Pooling) -> int | None:
        if pooling == "pooled" and self.both and isinstance(self.config.get("projection_dim"), int):
            return int(self.config["projection_dim"])
        if sizes := self.tower.get("hidden_sizes"):
            return int(sizes[-1])
        return next((int(self.tower[key]) for key in WIDTHS if isinstance(self.tower.get(key), int)), None)

    def steps(self, samples: int) -> int | None:
        """Tokens that come out of an image, or of so many samples, if the configuration says it."""
        return self._patches() if self.reads == "image" else self._frames(samples)

    def _patches(self) -> int | None:
        side, patch = self.tower.get("image_size"), self.tower.get("patch_size")
        if not (isinstance(side, int) and isinstance(patch, int)):
            return None
        summary = 0 if "siglip" in str(self.tower.get("model_type")) else 1
        return (side // patch) ** 2 + summary + int(self.tower.get("num_register_tokens", 0))

    def _frames(self, samples: int) -> int | None:
        kernels, strides = self.tower.get("conv_kernel"), self.tower.get("conv_stride")
        if isinstance(kernels, list) and isinstance(strides, list):
            return frames(samples, kernels, strides)
        positions = self.tower.get("max_source_positions")
        return positions if isinstance(positions, int) else None

    def parameters(self) -> int:
        """Numbers in the tower's weights, by the headers of its files.

        Raises:
            ModelError: there are no weights that can be read without running what is in them.
        """
        prefixes = PREFIXES[self.reads] if self.both else ("",)
        return sum(
            prod(tensor["shape"])
            for file in weight_files(self.folder)
            for name, tensor in _header(file).items()
            if name.startswith(prefixes) and name != "__metadata__"
        )


def weight_files(folder: Path) -> list[Path]:
    """
    Raises:
        ModelError: there are none, or only pickles.
    """
    if files := sorted(folder.glob("*.safetensors")):
        return files
    pickled = next(iter(sorted({*folder.glob("*.bin"), *folder.glob("*.pt"), *folder.glob("*.pth")})), None)
    if pickled:
        raise ModelError(
            f"{folder.name} has its weights in {pickled.name}, a pickle, which runs whatever is in it when "
            "it is opened; convert them to safetensors"
        )
    raise ModelError(f"{folder.name} has no weights: a file *.safetensors must lie beside config.json")


def frames(samples: int, kernels: Sequence[int], strides: Sequence[int]) -> int:
    """Steps that convolutions without padding leave of so many samples."""
    for kernel, stride in zip(kernels, strides, strict=True):
        samples = (samples - kernel) // stride + 1
    return max(0, samples)


def _header(file: Path) -> dict[str, Any]:
    """The names and shapes at the head of a safetensors file: 8 bytes of length, then JSON."""
    size = file.stat().st_size
    with file.open("rb") as opened:
        (length,) = struct.unpack("<Q", opened.read(8).ljust(8, b"\0"))
        if not 0 < length <= min(size, 100 * 2**20):
            raise ModelError(f"{file.name} is no safetensors file")
        try:
            header: dict[str, Any] = json.loads(opened.read(length))
        except ValueError:
            raise ModelError(f"{file.name} is no safetensors file") from None
    return header
