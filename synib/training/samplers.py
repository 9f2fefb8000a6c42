"""Where tuning looks: the samplers that `spec.Tuning.sampler` names.

Each yields lists of settings, all of which may be trained at once, and is sent a loss for each: the lower the
better, infinity for what failed. It ends when its trials are spent. Equal losses lead to equal settings, so
that sending them again brings an interrupted sampler back to where it was.
"""

import logging
from collections.abc import Callable, Generator, Mapping

import numpy as np

from synib.seeds import derive
from synib.spec.search import Range, Settings

Proposals = Generator[list[Settings], list[float], None]
Sampler = Callable[[Mapping[str, Range], Settings, int, int], Proposals]


def latin_hypercube(space: Mapping[str, Range], written: Settings, trials: int, seed: int) -> Proposals:
    """The method as written, then every range in as many equal parts as draws are left, one draw in each.

    A number's draws depend on the seed and its name alone: two methods that have it try the same values in
    the same order. McKay, Beckman and Conover 1979 (Technometrics 21), section 2.
    """
    draws = trials - 1
    shares = {path: _strata(draws, derive(seed, "tuning", path)) for path in space}
    yield [written, *({path: space[path].at(shares[path][row]) for path in space} for row in range(draws))]


def _strata(draws: int, seed: int) -> list[float]:
    """Shares of a range, one in each of ``draws`` equal parts, in random order."""
    rng = np.random.default_rng(seed)
    shares: list[float] = ((rng.permutation(draws) + rng.random(draws)) / max(draws, 1)).tolist()
    return shares


def tpe(space: Mapping[str, Range], written: Settings, trials: int, seed: int) -> Proposals:
    """The method as written, then one proposal after another by Optuna's tree-structured Parzen estimator.

    Its first 10 trials are random; the method as written counts among them if it lies in the space. A failed
    trial counts as worse than all others, not as none: it is to be learned from. Bergstra et al. 2011 (NIPS).
    """
    import optuna  # noqa: PLC0415 - most of a second, which only those who ask for it wait for

    logging.getLogger("optuna").setLevel(logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=derive(seed, "tuning") % 2**32))
    where: dict[str, optuna.distributions.BaseDistribution] = {
        path: optuna.distributions.FloatDistribution(span.low, span.high, log=span.log)
        for path, span in space.items()
    }
    (loss,) = yield [written]
    if all(span.low <= written[path] <= span.high for path, span in space.items()):
        study.add_trial(optuna.trial.create_trial(params=written, distributions=where, value=loss))
    for _ in range(trials - 1):
        asked = study.ask(where)
        (loss,) = yield [{path: space[path].rounded(value) for path, value in asked.params.items()}]
        study.tell(asked, loss)


SAMPLERS: Mapping[str, Sampler] = {"random": latin_hypercube, "tpe": tpe}
