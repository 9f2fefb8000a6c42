"""The encoder that is a pretrained model of transformers, trained further or not, and a linear layer."""

from typing import Any

import torch
from torch import Tensor, nn

from synib import spec
from synib.models.parts import encoders
from synib.models.tokens import Present, tokens
from synib.models.tower import Read, Tower, pool
from synib.spec.weights import About, ModelError


@encoders(spec.PretrainedEncoder)
class PretrainedEncoder(nn.Module):
    """Numbers of tokens (B, L), pixels (B, C, H, W) from 0 to 1 or samples (B, T, 1) to (B, features), or
    tokens (B, T, features), NaN where a token is padding."""

    def __init__(self, asked: spec.PretrainedEncoder, shape: tuple[int, ...]) -> None:
        super().__init__()
        about = asked.about(shape)
        self.asked, self.reads = asked, about.reads
        self.latent = asked.latent_shape(shape)
        self.tower = Tower(about.folder, about.reads).requires_grad_(asked.trained)
        self.prepare = PREPARED[about.reads](about)
        self.dropout = nn.Dropout(asked.dropout)
        width = about.width(asked.pooling)
        if width is None:
            raise ModelError(f"the configuration of {asked.model} does not say how wide its tokens are")
        self.project = nn.Linear(width, asked.features)

    def train(self, mode: bool = True) -> "PretrainedEncoder":
        """A model that is not trained keeps its own dropout off."""
        super().train(mode)
        self.tower.train(mode and self.asked.trained)
        return self

    def forward(self, x: Tensor) -> Tensor:
        read: Read = self.tower(self.prepare(x))
        said = pool(read, self.asked.pooling, self.reads)
        projected: Tensor = self.project(self.dropout(said))
        return projected if projected.ndim == 2 else _fitted(projected, self.latent[0])


def _fitted(said: Tensor, steps: int) -> Tensor:
    """(B, T, d) with as many steps as promised."""
    missing = steps - said.shape[1]
    return said[:, :steps] if missing <= 0 else nn.functional.pad(said, (0, 0, 0, missing), value=torch.nan)


class Words(nn.Module):
    """Numbers of tokens, NaN for padding, as the model wants them."""

    def __init__(self, about: About) -> None:
        super().__init__()
        self.last = int(about.tower["vocab_size"]) - 1

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        numbers, seen = tokens(x[..., None])  # where nothing is there, one token stands in
        ids = numbers[..., 0].round().clamp(0, self.last).long()
        return {"input_ids": ids, "attention_mask": seen.long()}


class Colours(nn.Module):
    """Pixels, at the mean and spread that the model was taught with; what is not there is the mean."""

    mean: Tensor
    std: Tensor

    def __init__(self, about: About) -> None:
        super().__init__()
        said = about.preprocessing()
        for name, key, usual in (("mean", "image_mean", 0.5), ("std", "image_std", 0.5)):
            values = torch.tensor(said.get(key, usual), dtype=torch.float32)
            self.register_buffer(name, values.reshape(-1, 1, 1), persistent=False)
        self.present = Present()

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"pixel_values": self.present((x - self.mean) / self.std)}


class Samples(nn.Module):
    """Samples, each recording at mean 0 and spread 1 if the model was taught so; what is not there is 0.

    A model of sound hears silence after a recording, the same for every example, whatever it is with.
    """

    def __init__(self, about: About) -> None:
        super().__init__()
        self.normalize = bool(about.preprocessing().get("do_normalize", True))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        values = x[..., 0]
        if self.normalize:
            there = ~values.isnan()
            count = there.sum(dim=1, keepdim=True).clamp(min=1)
            centred = values - values.nansum(dim=1, keepdim=True) / count
            values = centred / (centred.square().nansum(dim=1, keepdim=True) / count + 1e-7).sqrt()
        return {"input_values": values.nan_to_num(nan=0.0)}


PREPARED: dict[str, Any] = {"text": Words, "image": Colours, "audio": Samples}
