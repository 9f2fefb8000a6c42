"""Networks that are linear layers with ReLU between them, and their gradient in closed form.

Attacks on a frozen modality take dozens of gradients a batch with respect to its values alone. In closed
form that costs two matrix products a layer, no bookkeeping, and no gradient of a weight.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

Layer = tuple[Tensor, Tensor]
"""Weight (out, in) and bias (out,) of a linear layer."""


@dataclass(frozen=True)
class Chain:
    """Linear layers, a ReLU between each and the next, after normalisation; coordinates are flat."""

    layers: Sequence[Layer]
    mean: Tensor | None = None
    std: Tensor | None = None

    def of(self, values: Tensor) -> Tensor:
        """Raw values (B, *shape) on the chain's own coordinates: normalised and flat."""
        if self.mean is not None and self.std is not None:
            values = (values - self.mean) / self.std
        return values.flatten(1)

    def logits(self, values: Tensor) -> Tensor:
        """(B, d) on the chain's coordinates to (B, K)."""
        *hidden, (last, bias) = self.layers
        for weight, offset in hidden:
            values = linear(values, weight, offset).relu()
        return linear(values, last, bias)

    def slope(self, values: Tensor, y: Tensor) -> Tensor:
        """d CE(logits, y) / d values of each example, (B, d), for values on the chain's coordinates."""
        h, active = values, []
        *hidden, (last, bias) = self.layers
        for weight, offset in hidden:
            h = linear(h, weight, offset).relu()
            active.append(h > 0)
        logits = linear(h, last, bias)
        label = y[:, None] == torch.arange(logits.shape[-1], device=y.device)
        back = (logits.softmax(dim=-1) - label.to(logits.dtype)) @ last
        for (weight, _), passed in zip(reversed(hidden), reversed(active), strict=True):
            back = (back * passed) @ weight
        return back


def layers_of(modules: Iterable[nn.Module]) -> list[Layer] | None:
    """Frozen linear layers of modules that are nothing else but linear, ReLU, flatten and idle dropout."""
    layers: list[Layer] = []
    activated = True  # whether a linear layer may come next
    for module in _leaves(modules):
        match module:
            case nn.Linear() if activated:
                bias = module.bias if module.bias is not None else torch.zeros_like(module.weight[:, 0])
                layers.append((module.weight.detach(), bias.detach()))
                activated = False
            case nn.ReLU() if not activated:
                activated = True
            case nn.Flatten() | nn.Identity() | nn.Dropout():
                pass  # an attack is on the model without dropout
            case _:
                return None
    return layers if layers and not activated else None


def _leaves(modules: Iterable[nn.Module]) -> Iterable[nn.Module]:
    for module in modules:
        if isinstance(module, nn.Sequential):
            yield from _leaves(module)
        else:
            yield module
