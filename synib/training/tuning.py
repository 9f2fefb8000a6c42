"""Tuning inside a run: several settings of a method, trained with the run's own seed; the best is kept.

Runs stay independent of each other, and their spread over seeds holds the luck of tuning, as an interval for
«this method, tuned with this budget» must. What is chosen has been trained already and is not trained again.
"""

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from synib import spec
from synib.data import Dataset
from synib.report import TuningReport
from synib.spec.search import Range, Settings, exact, number_at, searched, with_settings
from synib.training.checkpoint import CheckpointMismatch
from synib.training.loop import Trained, train
from synib.training.samplers import SAMPLERS, Proposals
from synib.training.state import Diverged, EpochMetrics, State, identity
from synib.training.trials import Best, Trials


@dataclass(frozen=True)
class Tuned:
    """The best trial's model, and how it was found."""

    trained: Trained
    report: TuningReport


def tune(
    experiment: spec.Experiment,
    method_index: int,
    seed: int,
    dataset: Dataset,
    *,
    folder: Path | None = None,
    on_epoch: Callable[[EpochMetrics], None] = lambda metrics: None,
    should_stop: Callable[[], bool] = lambda: False,
    device: str = "cpu",
) -> Tuned:
    """Train ``tuning.trials`` settings of one method with one seed, at least 1; like `train` in all else.

    An existing ``folder`` is gone on with: finished trials are not trained again, the interrupted one goes on
    from its checkpoint, and on a CPU all ends bit for bit as if nothing had happened. ``on_epoch`` hears of
    every trial's epochs, numbered as if each trial took all of ``training.epochs``, so that an epoch's number
    says how much of the budget is behind it. Of trials finished before it was there it hears nothing.

    Raises:
        Interrupted: when ``should_stop`` said so; everything is in the folder.
        Diverged: when every trial has diverged.
        CheckpointMismatch, CorruptCheckpoint: when ``folder`` cannot be gone on with.
    """
    experiment = experiment.resolved()
    asked, method = experiment.tuning, experiment.methods[method_index]
    space = searched(method, asked.space or method.SEARCH)
    written = {path: _written(experiment, method_index, path) for path in space}
    trials = Trials(folder, identity(experiment, method_index, seed), asked.metric)
    steps = math.ceil(len(dataset.select("train")) / experiment.training.batch_size)

    def fit(settings: Settings) -> None:
        """Train the next trial."""
        heard = Numbered(on_epoch, len(trials.done), experiment.training.epochs, steps)
        try:
            trained = train(
                _with(experiment, method_index, settings), method_index, seed, dataset,
                checkpoint=trials.running, on_epoch=heard, should_stop=should_stop, device=device,
            )  # fmt: skip
        except Diverged as error:
            trials.add_failed(settings, heard.epochs, str(error))
        else:
            trials.add(settings, trained)

    sampler = SAMPLERS[asked.sampler](space, written, max(1, asked.trials), seed)
    _conduct(sampler, method, trials, fit)
    if trials.best is None:
        why = trials.done[0].failed
        raise Diverged(f"all {len(trials.done)} settings of the method diverged; as it is written, {why}")
    chosen = _with(experiment, method_index, trials.done[trials.best.number].settings)
    state = State(chosen, method_index, seed, dataset, device)
    return Tuned(_trained(trials.best, state), _report(asked, space, trials, chosen.methods[method_index]))


class Numbered:
    """Passes on a trial's epochs, numbered over all trials, and says which trial it is."""

    def __init__(self, on_epoch: Callable[[EpochMetrics], None], trial: int, epochs: int, steps: int) -> None:
        self.epochs = 0
        """Of this trial."""
        self._on_epoch, self._trial = on_epoch, trial
        self._epochs_before = trial * epochs
        self._steps_before = trial * epochs * steps

    def __call__(self, epoch: EpochMetrics) -> None:
        self.epochs = epoch.epoch
        number, step = self._epochs_before + epoch.epoch, self._steps_before + epoch.step
        self._on_epoch(EpochMetrics(number, step, epoch.values | {"tuning/trial": float(self._trial + 1)}))


def _conduct(
    sampler: Proposals, method: spec.Method, trials: Trials, fit: Callable[[Settings], None]
) -> None:
    """Train what the sampler proposes, but for what has been trained, until it proposes nothing more."""
    told = 0
    with suppress(StopIteration):
        batch = next(sampler)
        while True:
            for number, proposed in enumerate(batch, told):
                settings = exact(method, proposed)
                if number == len(trials.done):
                    fit(settings)
                if trials.done[number].settings != settings:
                    raise CheckpointMismatch(
                        f"trial {number + 1} was {trials.done[number].settings} and is {settings} in this "
                        "version; delete the folder to start over"
                    )
            losses = [trials.loss(trial) for trial in trials.done[told : told + len(batch)]]
            told += len(batch)
            batch = sampler.send(losses)


def _written(experiment: spec.Experiment, method_index: int, path: str) -> float:
    """What the method says of a number, or where it says nothing the experiment."""
    own = number_at(experiment.methods[method_index], path)
    value: float = getattr(experiment.training, path) if own is None else own
    return value


def _with(experiment: spec.Experiment, method_index: int, settings: Settings) -> spec.Experiment:
    """The experiment with other numbers in one of its methods."""
    methods = list(experiment.methods)
    methods[method_index] = with_settings(methods[method_index], settings)
    return experiment.model_copy(update={"methods": methods})


def _trained(best: Best, state: State) -> Trained:
    """The best trial as it was when it had been trained."""
    state.model.load_state_dict(best.weights)
    return Trained(state.model.eval(), best.history, best.best_epoch, best.epochs, best.steps)


def _report(asked: spec.Tuning, space: dict[str, Range], trials: Trials, chosen: spec.Method) -> TuningReport:
    return TuningReport(
        metric=asked.metric,
        sampler=asked.sampler,
        space=space,
        trials=[
            trial.model_copy(update={"chosen": trials.best is not None and number == trials.best.number})
            for number, trial in enumerate(trials.done)
        ],
        method=chosen.model_dump(mode="json"),
    )
