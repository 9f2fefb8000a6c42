"""The encoder for series: gated recurrent units, of which the last state is the representation."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from synib import spec
from synib.models.parts import encoders
from synib.models.tokens import Present, tokens


@encoders(spec.Gru)
class GruEncoder(nn.Module):
    """(B, T, d) to (B, features); steps that are all NaN are left out, wherever they stand."""

    def __init__(self, asked: spec.Gru, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.present = Present()
        self.gru = nn.GRU(
            shape[1],
            asked.features // (1 + asked.bidirectional),
            asked.layers,
            batch_first=True,
            dropout=asked.dropout if asked.layers > 1 else 0.0,
            bidirectional=asked.bidirectional,
        )
        self.dropout = nn.Dropout(asked.dropout)

    def forward(self, x: Tensor) -> Tensor:
        values, seen = tokens(x)
        first = (~seen).to(torch.uint8).argsort(dim=1, stable=True)  # steps that are there, in their order
        steps = self.present(values).gather(1, first[..., None].expand_as(values))
        packed = pack_padded_sequence(steps, seen.sum(dim=1).cpu(), batch_first=True, enforce_sorted=False)
        states: Tensor = self.gru(packed)[1]  # (layers · directions, B, features / directions)
        last = states[-2:] if self.gru.bidirectional else states[-1:]
        kept: Tensor = self.dropout(last.transpose(0, 1).flatten(1))
        return kept
