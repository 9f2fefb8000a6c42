"""A scorer's answer as JSON."""

from typing import Any

import orjson

from app.scoring.exchange import Answer
from app.scoring.reading import Examples
from synib.scoring import Scored, Warn


def scored(answer: Answer) -> Scored:
    """As the library has it."""
    head = answer.head
    return Scored(
        modalities=tuple(head["modalities"]),
        classes=tuple(head["classes"]),
        subsets=tuple(tuple(subset) for subset in head["subsets"]),
        **answer.arrays,
        warnings=tuple(Warn(**one) for one in head["warnings"]),
    )


def told(answer: Answer, model: str, given: Examples) -> bytes:
    """As `ScoresSchema`."""
    records: list[dict[str, Any]] = [
        {"example_id": example_id, **record}
        for example_id, record in zip(given.ids, scored(answer).records(), strict=True)
    ]
    return orjson.dumps({"model": model, "examples": records})
