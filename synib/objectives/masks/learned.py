"""What the modality's own head relies on is found by attacking it, and goes or alone stays."""

from dataclasses import replace

import torch
from torch import Generator, Tensor

from synib import spec
from synib.objectives import fills
from synib.objectives.attack import Branch
from synib.objectives.fills import Drawn
from synib.objectives.masks.mask import Asked, Mask, masks

BETAS, EPSILON = (0.9, 0.999), 1e-8  # Adam's own defaults


@masks(spec.LearnedMask)
class Learned(Mask):
    """Gates g, the share of each coordinate that the head still sees, are chosen per example to maximise

        CE(head(g x + (1 - g) e), y) - sparsity · mean(1 - g),   e from the fill, drawn anew each step.

    Kontras et al. 2026 (arXiv 2606.09853), section 3 and appendix D. Found is what the attack closes.
    """

    def __init__(self, settings: spec.LearnedMask) -> None:
        self.settings = settings

    def draw(self, shape: torch.Size, generator: Generator | None, device: torch.device) -> Drawn:
        steps = [fills.draw(self.settings.fill, shape, generator, device) for _ in range(self.settings.steps)]
        return {name: torch.stack([step[name] for step in steps]) for name in steps[0]}

    @torch.no_grad()
    def keep(self, asked: Asked) -> Tensor:
        gates = self.gates(asked).reshape(asked.values.shape)
        if self.settings.hard:
            found = gates < 0.5
            return found if self.settings.polarity == "keep" else ~found
        return 1 - gates if self.settings.polarity == "keep" else gates

    def gates(self, asked: Asked) -> Tensor:
        """(B, *shape) in [0, 1], after the attack: 0 is closed."""
        branch = asked.branch()
        intact = branch.of(asked.values)
        solve = path if self.settings.solver == "path" else adam
        return solve(self.settings, branch, intact, asked)


def adam(settings: spec.LearnedMask, branch: Branch, intact: Tensor, asked: Asked) -> Tensor:
    """As published: Adam on the gates' logits."""
    logits = torch.full_like(intact, settings.init)
    mean, square = torch.zeros_like(intact), torch.zeros_like(intact)
    price = settings.sparsity / intact[0].numel()
    gates = logits.sigmoid()
    for step, rate in enumerate(settings.rates()):
        away = intact - branch.of(_stand_in(asked, step))
        slope = branch.slope(intact - (1 - gates) * away, asked.y)
        # Downhill is towards more error and more open gates.
        gradient = -(slope * away + price) * gates * (1 - gates)
        mean.lerp_(gradient, 1 - BETAS[0])
        square.lerp_(gradient.square(), 1 - BETAS[1])
        root = (square / (1 - BETAS[1] ** (step + 1))).sqrt_().add_(EPSILON)
        logits.addcdiv_(mean, root, value=-rate / (1 - BETAS[0] ** (step + 1)))
        gates = logits.sigmoid()
    return gates


def path(settings: spec.LearnedMask, branch: Branch, intact: Tensor, asked: Asked) -> Tensor:
    """Integrated gradients: what each coordinate contributes to the error on the way from intact to filled.

    The contributions add up to the rise of the error as ``steps`` grows (Sundararajan et al. 2017, axiom of
    completeness); closing those that are worth their price is optimal where contributions do not interact.
    """
    rise = torch.zeros_like(intact)
    for step in range(settings.steps):
        away = intact - branch.of(_stand_in(asked, step))
        closed = (step + 0.5) / settings.steps
        rise -= branch.slope(intact - closed * away, asked.y) * away
    worth = rise / settings.steps > settings.sparsity / intact[0].numel()
    return (~worth).to(intact.dtype)


def _stand_in(asked: Asked, step: int) -> Tensor:
    """The fill as drawn for one step, of the values' shape."""
    drawn = {name: column[step] for name, column in asked.drawn.items()}
    return asked.refill(drawn).expand_as(asked.values)


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
