"""Two examples of a model's data set, their modalities swapped in all ways."""

from collections.abc import Mapping, Sequence

from app.errors import InvalidRequest
from app.scoring.exchange import Exchange
from app.scoring.schemas import CrossedCell, CrossedExample, CrossedSchema, NewCross
from app.scoring.telling import scored
from synib.report import ScoredExample


async def cross(exchange: Exchange, model_id: str, name: str, asked: NewCross, wait: float) -> CrossedSchema:
    """Have a scorer cross them; ``wait`` in seconds.

    Raises:
        InvalidRequest: both are the same, or one is not there or lacks a modality.
        DataGone, Overloaded, NoAnswer, ScorerFailed: as `Exchange.ask`.
    """
    first, second = asked.examples
    if first == second:
        raise InvalidRequest.at("/examples/1", "is the first example again; name another one", second)
    answer = await exchange.ask(model_id, {"cross": asked.examples}, {}, wait)
    names, cells = answer.head["modalities"], []
    for origin, record in zip(answer.head["origin"], scored(answer).records(), strict=True):
        of = {name: asked.examples[place] for name, place in zip(names, origin, strict=True)}
        told = ScoredExample.model_validate({"example_id": "+".join(dict.fromkeys(of.values())), **record})
        cells.append(CrossedCell(origin=of, scored=told))
    examples = [CrossedExample(**one) for one in answer.head["examples"]]
    return CrossedSchema(model=name, sentence=sentence(examples, cells), examples=examples, cells=cells)


def sentence(examples: Sequence[CrossedExample], cells: Sequence[CrossedCell]) -> str:
    """What changes the first example's prediction: each modality alone, then all of them."""
    first, last = cells[0].scored, cells[-1].scored
    single = swapped(cells)
    parts = [_change(name, first, now) for name, now in single.items()]
    everything = "both" if len(single) == 2 else "all"
    parts.append(f"changing {everything} gives {examples[1].example_id} itself: {_said(last)}")
    told = "; ".join(parts)
    return f"{examples[0].example_id} is taken for {_said(first)}. {told[0].upper()}{told[1:]}."


def swapped(cells: Sequence[CrossedCell]) -> Mapping[str, ScoredExample]:
    """By modality, the first example with this one alone of the second."""
    own = cells[0].origin
    found = {}
    for cell in cells:
        of_second = [name for name in own if cell.origin[name] != own[name]]
        if len(of_second) == 1:
            found[of_second[0]] = cell.scored
    return {name: found[name] for name in own}


def _change(name: str, first: ScoredExample, now: ScoredExample) -> str:
    does = "leaves it at" if now.predicted == first.predicted else "turns it into"
    return f"changing {name} alone {does} {_said(now)}"


def _said(one: ScoredExample) -> str:
    """``“odd” (.97)``."""
    return f"“{one.predicted}” ({f'{one.confidence:.2f}'.removeprefix('0')})"
