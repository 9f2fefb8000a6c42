"""Who plays which part in an experiment: baseline, SynIBs, what might explain their gain, rivals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from synib.spec import (
    Experiment,
    FullMask,
    LearnedMask,
    MaskingOnly,
    MethodSettings,
    RandomMask,
    SynIB,
    Vanilla,
)
from synib.spec.methods import Explanation

ASIDE: Final = "where the mask points"
"""Of a control that withholds as much as SynIB: it tells the mask's part in a gain, not the penalty's."""

TRIALS: Final = 20
"""That are asked for where nothing was tuned."""


@dataclass(frozen=True)
class Cast:
    """Names of methods by part, in the experiment's order."""

    methods: dict[str, MethodSettings]
    baseline: str | None
    """The first method without any penalty."""
    synibs: list[str]
    controls: dict[str, Explanation]
    rivals: list[str]
    trials: int
    """Of tuning, the same number for every method."""

    @classmethod
    def of(cls, experiment: Experiment) -> Self:
        methods: dict[str, MethodSettings] = dict(
            zip(experiment.method_names(), experiment.methods, strict=True)
        )
        playing = {role: [n for n, m in methods.items() if m.role() == role] for role in _ROLES}
        baselines = playing["baseline"]
        explaining = {name: methods[name].explains() for name in playing["control"]}
        controls = {name: what for name, what in explaining.items() if what is not None}
        # The same objective with other settings: what gains by them gains by tuning.
        controls |= {name: "tuning" for name in baselines[1:] if isinstance(methods[name], Vanilla)}
        return cls(
            methods=methods,
            baseline=baselines[0] if baselines else None,
            synibs=playing["synib"],
            controls={name: controls[name] for name in methods if name in controls},
            rivals=playing["rival"],
            trials=experiment.tuning.trials,
        )

    @property
    def tuned(self) -> bool:
        """One trial is the method as written."""
        return self.trials > 1

    def alternatives(self) -> dict[str, Explanation]:
        """Controls that could explain a gain of SynIB's away, with what they would explain it by."""
        return {name: what for name, what in self.controls.items() if what != ASIDE}

    def missing(self, name: str) -> list[str]:
        """Lines of YAML without which a gain of this SynIB cannot be attributed.

        A confidence penalty; SynIB's own masks with cross-entropy; tuning, the same for all. Masking with
        other masks than SynIB's may explain a gain, but it cannot acquit masking. Masks that are learned
        would tell the labels to the augmentation: random ones with the same fill stand for them.
        """
        lines = []
        if "confidence penalty" not in self.controls.values():
            lines.append("- {kind: confidence_penalty}")
        method = self.methods[name]
        maskings = [m for m in self.methods.values() if isinstance(m, MaskingOnly) and m.weight]
        if not any(_same_masks(method, masking) for masking in maskings):
            lines.append(f"- {{{', '.join(_masking(method))}}}")
        if not self.tuned:
            lines.append(f"tuning: {{trials: {TRIALS}}}")
        return lines


_ROLES: Final = ("baseline", "synib", "control", "rival")


def _same_masks(method: MethodSettings, masking: MaskingOnly) -> bool:
    if not isinstance(method, SynIB):  # the released code's two families at once have no such control
        return True
    mask, other = method.mask, masking.mask
    if isinstance(mask, LearnedMask) and isinstance(other, FullMask | RandomMask):
        same = (mask.fill, mask.on) == (other.fill, other.on)
    else:
        same = mask == other
    return same and method.withhold == masking.withhold


def _masking(method: MethodSettings) -> Sequence[str]:
    """Settings of the control with the method's masks, as YAML."""
    parts = ["kind: masking_only"]
    if isinstance(method, SynIB):
        mask = method.mask
        if isinstance(mask, LearnedMask):
            mask = RandomMask(fill=mask.fill, on=mask.on, draws=mask.draws)
        parts.append(f"mask: {_flow({'kind': mask.kind} | mask.model_dump(exclude_defaults=True))}")
        if method.withhold != "one":
            parts.append(f"withhold: {method.withhold}")
    return parts


def _flow(value: object) -> str:
    """YAML in flow style, of settings."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(part)}" for key, part in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)
