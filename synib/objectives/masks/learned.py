"""What the modality's own head relies on is found by attacking it, and goes or alone stays."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Generator, Tensor

from synib import spec
from synib.models import Chain
from synib.objectives import fills
from synib.objectives.attack import Branch
from synib.objectives.fills import Drawn
from synib.objectives.masks.mask import Asked, Mask, masks, mixed

sigmoid_backward = torch.ops.aten.sigmoid_backward.default

BETAS, EPSILON = (0.9, 0.999), 1e-8  # Adam's own defaults
SMALL = 1 << 16
"""Weights of a branch below which looking for examples to spare costs more than it saves."""


@masks(spec.LearnedMask)
class Learned(Mask):
    """Gates g, the share of each coordinate that the head still sees, are chosen per example to maximise

        CE(head(g x + (1 - g) e), y) - sparsity · mean(1 - g),   e from the fill, drawn anew each step.

    Kontras et al. 2026 (arXiv 2606.09853), section 3 and appendix D. Found is what the attack closes.
    """

    def __init__(self, settings: spec.LearnedMask) -> None:
        self.settings = settings

    def draw(self, shape: torch.Size, generator: Generator | None, device: torch.device) -> Drawn:
        """Noise is a strip of rows, and each step sees the batch's window of it one row further on: what an
        example sees is independent from step to step, and the strip costs little more than one step's draw.
        """
        steps = self.settings.steps
        if self.settings.fill == "noise":
            strip = torch.Size((shape[0] + steps - 1, *shape[1:]))
            return fills.draw("noise", strip, generator, device)
        drawn = [fills.draw(self.settings.fill, shape, generator, device) for _ in range(steps)]
        return {name: torch.stack([step[name] for step in drawn]) for name in drawn[0]}

    @torch.no_grad()
    def keep(self, asked: Asked) -> Tensor:
        return self._kept(self.gates(asked, only_sides=self.settings.hard and asked.alone), asked)

    def apply_each(self, asked: Sequence[Asked]) -> list[tuple[Tensor, Tensor]]:
        """Small branches of one form are attacked as one, in two thirds of the time."""
        gates = self._side_by_side(asked)
        if gates is None:
            return super().apply_each(asked)
        return [mixed(one, self._kept(own, one)) for one, own in zip(asked, gates, strict=True)]

    def _kept(self, gates: Tensor, asked: Asked) -> Tensor:
        gates = gates.reshape(asked.values.shape)
        if self.settings.hard:
            found = gates < 0.5
            return found if self.settings.polarity == "keep" else ~found
        return 1 - gates if self.settings.polarity == "keep" else gates

    @torch.no_grad()
    def _side_by_side(self, asked: Sequence[Asked]) -> Tensor | None:
        """Gates of k modalities, (k, B, d); none where they cannot or had better not be found together."""
        branches = [one.branch() for one in asked if one.alone]
        chains = [branch for branch in branches if isinstance(branch, Chain) and branch.size < SMALL]
        forms = {tuple(weight.shape for weight, _ in chain.layers) for chain in chains}
        if len(chains) < max(2, len(asked)) or len({one.values.shape for one in asked}) > 1 or len(forms) > 1:
            return None
        both = list(zip(chains, asked, strict=True))
        rows, strides = zip(*(self._fills(chain, one) for chain, one in both), strict=True)
        stacked = [
            (torch.stack([weight for weight, _ in layer]), torch.stack([bias for _, bias in layer]))
            for layer in zip(*(chain.layers for chain in chains), strict=True)
        ]
        with torch.inference_mode():
            intact = torch.stack([chain.of(one.values) for chain, one in both])
            y = torch.stack([one.y for one in asked])
            gates = attack(self.settings, Chain(stacked), intact, y, torch.stack(rows), strides[0])
        return gates.clone()

    def gates(self, asked: Asked, *, only_sides: bool = False) -> Tensor:
        """(B, d) in [0, 1], after the attack: 0 is closed. With ``only_sides`` an example's search may end as
        soon as it is certain on which side of 1/2 its gates will be, if the branch is worth it."""
        branch = asked.branch()
        intact, (rows, stride) = branch.of(asked.values), self._fills(branch, asked)
        if asked.alone:
            spare = only_sides and not (isinstance(branch, Chain) and branch.size < SMALL)
            with torch.inference_mode(isinstance(branch, Chain)):  # spares a fifth of small operations' time
                gates = attack(self.settings, branch, intact, asked.y, rows, stride, only_sides=spare)
            return gates.clone()  # an ordinary tensor
        if not isinstance(branch, Chain):
            raise ValueError(
                "many replicas at once can attack linear and ReLU layers only; train them one by one"
            )
        layers = [tensor for layer in branch.layers for tensor in layer]
        settings = self.settings.model_dump_json()
        together: Tensor = attack_chain(settings, intact, asked.y, rows, stride, layers)
        return together

    def _fills(self, branch: Branch, asked: Asked) -> tuple[Tensor, int]:
        """Rows on the branch's coordinates, and a stride: step t sees B of them from row t · stride on."""
        if not asked.drawn:
            return branch.of(asked.refill({}).expand_as(asked.values)), 0
        if "normal" in asked.drawn:
            return branch.of(asked.refill(asked.drawn)), 1
        steps = [{name: drawn[t] for name, drawn in asked.drawn.items()} for t in range(self.settings.steps)]
        rows = torch.cat([asked.refill(step).expand_as(asked.values) for step in steps])
        return branch.of(rows), len(asked.values)


def attack(
    settings: spec.LearnedMask,
    branch: Branch,
    intact: Tensor,
    y: Tensor,
    rows: Tensor,
    stride: int,
    *,
    only_sides: bool = False,
) -> Tensor:
    """From intact values (…, B, d), labels (…, B) and the rows of fills (…, N, d) to gates (…, B, d)."""
    axis, B = y.ndim - 1, y.shape[-1]
    fills = [rows] * settings.steps
    if stride:
        fills = list(rows.unfold(axis, B, stride).movedim(-1, axis + 1).unbind(axis))
    price = settings.sparsity / math.prod(intact.shape[axis + 1 :])
    if settings.solver == "path":
        return path(settings, price, branch, intact, y, fills)
    return adam(settings, price, branch, intact, y, fills, only_sides=only_sides)


@torch.library.custom_op("synib::attack_chain", mutates_args=())
def attack_chain(
    settings: str, intact: Tensor, y: Tensor, rows: Tensor, stride: int, layers: Sequence[Tensor]
) -> Tensor:
    """`attack` on a chain of ``layers``, weight and bias in turn, as one operation to whoever looks on.

    ``torch.func.vmap`` then attacks the chains of many replicas as one chain with weights (R, out, in), and
    a recording of a training step holds one operation in the place of thousands.
    """
    chain = Chain(list(zip(layers[::2], layers[1::2], strict=True)))
    mask = spec.LearnedMask.model_validate_json(settings)
    with torch.inference_mode():
        gates = attack(mask, chain, intact, y, rows, stride)
    return gates.clone()


@attack_chain.register_vmap
def _of_each(
    info: Any,
    in_dims: Any,
    settings: str,
    intact: Tensor,
    y: Tensor,
    rows: Tensor,
    stride: int,
    layers: Sequence[Tensor],
) -> tuple[Tensor, int]:
    def first(tensor: Tensor, dim: int | None) -> Tensor:
        return tensor.expand(info.batch_size, *tensor.shape) if dim is None else tensor.movedim(dim, 0)

    _, of_intact, of_y, of_rows, _, of_layers = in_dims
    stacked = [first(tensor, dim) for tensor, dim in zip(layers, of_layers, strict=True)]
    gates = attack_chain(
        settings, first(intact, of_intact), first(y, of_y), first(rows, of_rows), stride, stacked
    )
    return gates, 0


def adam(
    settings: spec.LearnedMask,
    price: float,
    branch: Branch,
    intact: Tensor,
    y: Tensor,
    fills: Sequence[Tensor],
    *,
    only_sides: bool,
) -> Tensor:
    """As published: Adam on the gates' logits.

    Few operations, each over all gates, bound it where layers are small, and the branch's matrix products
    where they are wide: the former are fused, the latter spared to examples that are decided.
    """
    closing = torch.full_like(intact, -settings.init)  # logits of 1 - g
    mean, square, paid = torch.zeros_like(intact), torch.zeros_like(intact), intact.new_tensor(price)
    count = torch.arange(1.0, settings.steps + 1, device=intact.device).unbind()
    examples, ended = None, closing
    further = distances(settings)
    for step, rate in enumerate(settings.rates()):
        away = intact - (fills[step] if examples is None else fills[step][examples])
        closed = closing.sigmoid()
        slope = branch.slope(torch.addcmul(intact, closed, away, value=-1), y)
        # Downhill is towards more error and more open gates; (1 - g)' = g (1 - g).
        gradient = sigmoid_backward(torch.addcmul(paid, slope, away), closed)
        torch._fused_adam_(
            [closing], [gradient], [mean], [square], [], [count[step]],
            lr=rate, beta1=BETAS[0], beta2=BETAS[1], weight_decay=0.0, eps=EPSILON,
            amsgrad=False, maximize=False,
        )  # fmt: skip
        if only_sides and _may_end(settings, step, further):
            left = (closing.abs() <= further[step]).flatten(1).any(dim=1).nonzero()[:, 0]
            if len(left) == len(closing):
                continue
            if examples is None:
                examples, ended = torch.arange(len(y), device=y.device), closing.clone()
            ended[examples] = closing
            examples = examples[left]
            intact, y, closing, mean, square = (c[left] for c in (intact, y, closing, mean, square))
            if not len(left):
                break
    if examples is not None:
        ended[examples] = closing
    return (-ended).sigmoid_()


def distances(settings: spec.LearnedMask) -> list[float]:
    """After each of Adam's steps, how far its other steps can move a logit at most.

    With b, c for the decays, m_t = (1 - b) sum b^(t-i) g_i and v_t = (1 - c) sum c^(t-i) g_i², the
    Cauchy-Schwarz inequality gives m_t² ≤ v_t (1 - b)² / (1 - c) · sum (b²/c)^(t-i), whatever the gradients.
    """
    b, c = BETAS
    ahead, after = 0.0, []
    for t, rate in reversed(list(enumerate(settings.rates(), start=1))):
        after.append(ahead * 1.0001)  # rounding
        longest = (1 - b) ** 2 / (1 - c) * (1 - (b * b / c) ** t) / (1 - b * b / c)
        ahead += rate * math.sqrt(longest * (1 - c**t)) / (1 - b**t)
    return after[::-1]


def _may_end(settings: spec.LearnedMask, step: int, further: list[float]) -> bool:
    """Whether there can be decided examples after a step."""
    gone = further[0] - further[step] + settings.lr
    return step + 1 < settings.steps and further[step] < abs(settings.init) + gone


def path(
    settings: spec.LearnedMask,
    price: float,
    branch: Branch,
    intact: Tensor,
    y: Tensor,
    fills: Sequence[Tensor],
) -> Tensor:
    """Integrated gradients: what each coordinate contributes to the error on the way from intact to filled.

    The contributions add up to the rise of the error as ``steps`` grows (Sundararajan et al. 2017, axiom of
    completeness); closing those that are worth their price is optimal where contributions do not interact.
    """
    fall = torch.zeros_like(intact)
    for step, filled in enumerate(fills):
        away = intact - filled
        closed = (step + 0.5) / settings.steps
        fall.addcmul_(branch.slope(torch.add(intact, away, alpha=-closed), y), away)
    return (fall / -settings.steps <= price).to(intact.dtype)


@masks(spec.MatchedMask)
class Matched(Mask):
    """The learned mask's coordinates of each example, thrown about: the same number of them, anywhere."""

    def __init__(self, settings: spec.MatchedMask) -> None:
        self.learned = Learned(settings.like)

    def draw(self, shape: torch.Size, generator: Generator | None, device: torch.device) -> Drawn:
        order = torch.rand(shape, generator=generator, device=device).flatten(1).argsort(dim=1)
        return {"order": order} | self.learned.draw(shape, generator, device)

    @torch.no_grad()
    def keep(self, asked: Asked) -> Tensor:
        order = asked.drawn["order"]
        rest = {name: column for name, column in asked.drawn.items() if name != "order"}
        keep = self.learned.keep(replace(asked, drawn=rest))
        return keep.flatten(1).gather(1, order).reshape(keep.shape)
