"""Features by a pretrained model with frozen weights, and the numbers of a text's tokens."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synib import spec
from synib.features.audio import resample
from synib.features.items import Item, Sound
from synib.features.locate import folder_of
from synib.models.tower import Read, Tower, pool, transformers
from synib.spec.weights import WORDS, ModelError

BATCH = 32
"""Items that the model reads at once."""


class Tokenizer:
    """Texts to the numbers of their tokens."""

    def __init__(self, folder: Path, longest: int) -> None:
        library = transformers()
        try:
            self._tokenizer = library.AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"the tokenizer in {folder.name} cannot be loaded: {error}") from None
        self._longest = longest

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """Cut off after the longest, with the tokens that begin and end a text."""
        if not texts:
            return []
        numbers: list[list[int]] = self._tokenizer(
            list(texts), truncation=True, max_length=self._longest, return_attention_mask=False
        )["input_ids"]
        return numbers


class TokenNumbers:
    """Texts to (n, max_length) as floats, exact below 2^24; NaN after the end."""

    def __init__(self, asked: spec.Tokens) -> None:
        self._length = asked.max_length
        self._numbers = Tokenizer(folder_of(asked.model), asked.max_length)

    def __call__(self, items: Sequence[Item]) -> NDArray[np.float32]:
        values = np.full((len(items), self._length), np.nan, np.float32)
        for row, numbers in zip(values, self._numbers([str(item) for item in items]), strict=True):
            row[: len(numbers)] = numbers
        return values


class Frozen:
    """Items to what a pretrained model says of them, in evaluation mode and without gradients.

    A recording is read at its own length, beside others of the same one only: what a model says must not
    depend on what it is read with, and many models of sound hear padding.
    """

    def __init__(self, asked: spec.Pretrained, device: str) -> None:
        assert asked.reads
        self.asked, self.reads, self.device = asked, asked.reads, device
        self.folder = folder_of(asked.model)
        self.tower = Tower(self.folder, asked.reads).eval().requires_grad_(False).to(device)

    @torch.inference_mode()
    def __call__(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """
        Raises:
            ModelError: the model does not give what its configuration promised.
        """
        shape = self.asked.shape()
        values = np.full((len(items), *shape), np.nan, np.float32)
        for rows, inputs in self._batches(items):
            read = self.tower({name: tensor.to(self.device) for name, tensor in inputs.items()})
            self._keep(values, rows, read)
        return values

    def _keep(self, values: NDArray[np.float32], rows: list[int], read: Read) -> None:
        said = pool(read, self.asked.pooling, self.reads).float().cpu().numpy()
        if said.shape[-1] != values.shape[-1]:
            raise ModelError(
                f"{self.asked.model} gives {said.shape[-1]} values and not {values.shape[-1]}; say "
                "so by width"
            )
        if self.asked.pads:
            steps = min(said.shape[1], values.shape[1])
            values[rows, :steps] = said[:, :steps]
        else:
            values[rows] = said

    def _batches(self, items: Sequence[Item]) -> Iterator[tuple[list[int], dict[str, Tensor]]]:
        """Numbers of items, and what the model reads of them."""
        match self.reads:
            case "text":
                yield from self._texts([str(item) for item in items])
            case "image":
                for start in range(0, len(items), BATCH):
                    some = list(range(start, min(start + BATCH, len(items))))
                    yield some, self._prepare([_colours(items[row]) for row in some])
            case "audio":
                yield from self._sounds(items)

    def _texts(self, texts: Sequence[str]) -> Iterator[tuple[list[int], dict[str, Tensor]]]:
        """Those of like length together."""
        numbers = self._tokenizer(texts)
        order = [
            row for row in np.argsort([len(one) for one in numbers], kind="stable").tolist() if numbers[row]
        ]
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            longest = len(numbers[rows[-1]])
            ids, mask = torch.zeros(2, len(rows), longest, dtype=torch.int64)
            for place, row in enumerate(rows):
                ids[place, : len(numbers[row])] = torch.tensor(numbers[row])
                mask[place, : len(numbers[row])] = 1
            yield rows, {"input_ids": ids, "attention_mask": mask}

    def _sounds(self, items: Sequence[Item]) -> Iterator[tuple[list[int], dict[str, Tensor]]]:
        rate = int(self._processor.sampling_rate)
        samples = [_at(item, rate, self.asked.seconds) for item in items]
        audible = [row for row, one in enumerate(samples) if len(one) and self._heard(len(one))]
        audible.sort(key=lambda row: len(samples[row]))
        for _, alike in groupby(audible, lambda row: len(samples[row])):
            rows = list(alike)
            for start in range(0, len(rows), BATCH):
                some = rows[start : start + BATCH]
                yield some, self._prepare([samples[row] for row in some], sampling_rate=rate)

    def _heard(self, samples: int) -> bool:
        """Whether anything comes out of so few."""
        return self.tower.about.steps(samples) != 0

    def _prepare(self, values: Sequence[NDArray[Any]], **options: Any) -> dict[str, Tensor]:
        """As the folder says that the model was taught."""
        prepared = self._processor(values, return_tensors="pt", **options)
        prepared.pop("attention_mask", None)  # of one length, there is nothing to leave out
        return dict(prepared)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer(self.folder, self.asked.longest() or WORDS)

    @cached_property
    def _processor(self) -> Any:
        library = transformers()
        kind = library.AutoImageProcessor if self.reads == "image" else library.AutoFeatureExtractor
        try:
            return kind.from_pretrained(self.folder, local_files_only=True, trust_remote_code=False)
        except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
            raise ModelError(
                f"preprocessor_config.json of {self.folder.name}, which says how {self.reads} is prepared, "
                f"cannot be used: {error}"
            ) from None


def _colours(item: Item) -> NDArray[np.uint8]:
    """(H, W, 3), of grey ones three times the same."""
    assert isinstance(item, np.ndarray)
    return np.repeat(item, 3, axis=2) if item.shape[2] == 1 else item


def _at(item: Item, rate: int, seconds: float) -> NDArray[np.float32]:
    """(T,) at the model's rate, no longer than asked for."""
    assert isinstance(item, Sound)
    long = round(seconds * item.rate) + item.rate
    resampled: NDArray[np.float32] = resample(item.samples[:long], item.rate, rate).numpy()
    return resampled[: round(seconds * rate)]
