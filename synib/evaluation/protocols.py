"""What evaluation asks of a model and of a finished training: no more than this."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from torch import Tensor


class Model(Protocol):
    """Encoders, one fusion, and a classifier per modality. B examples, K classes; widths d may differ."""

    training: bool

    def train(self, mode: bool = True) -> Any: ...
    def parameters(self) -> Iterator[Tensor]: ...
    def encode(
        self, x: Mapping[str, Tensor], /
    ) -> dict[str, Tensor]: ...  # raw (B, *shape) -> (B, d), per modality
    def fuse(self, z: Mapping[str, Tensor], /) -> Tensor: ...  # (B, K) logits
    def heads(self, z: Mapping[str, Tensor], /) -> dict[str, Tensor]: ...  # (B, K) logits, per modality


class Trained(Protocol):
    """A model whose training is over."""

    @property
    def model(self) -> Model: ...
    @property
    def epochs(self) -> int: ...  # trained
    @property
    def best_epoch(self) -> int: ...  # whose weights the model has
