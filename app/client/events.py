"""Server-sent events, read so that a broken connection loses none and repeats none."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import httpx

from app.client.transport import Transport
from app.runs.schemas import EventSchema, MetricSchema

BREATH = 0.2  # seconds before asking again where a stream ended without a word


@dataclass(frozen=True)
class Event:
    """One event as it was sent."""

    kind: str
    seq: int
    data: str


def follow(transport: Transport, path: str, after: int) -> Iterator[EventSchema | MetricSchema]:
    """Status changes and epochs with numbers above ``after``, as they happen, until the run has ended."""
    while True:
        headers = {"Last-Event-ID": str(after), "Accept": "text/event-stream"}
        try:
            with transport.stream("GET", path, headers=headers) as response:
                for event in parse(response.iter_lines()):
                    after = event.seq
                    match event.kind:
                        case "status":
                            yield EventSchema.model_validate_json(event.data)
                        case "metrics":
                            yield MetricSchema.model_validate_json(event.data)
                        case "end":
                            return
        except httpx.TransportError:
            pass  # broken off; the transport's patience decides about asking again
        time.sleep(BREATH)


def parse(lines: Iterable[str]) -> Iterator[Event]:
    """Complete events (WHATWG HTML, section 9.2.6), without comments and fields that we do not use."""
    kind, seq, data = "message", 0, list[str]()
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                kind = value
            case "id":
                seq = int(value)
            case "data":
                data.append(value)
            case "" if not line:
                if data:
                    yield Event(kind, seq, "\n".join(data))
                kind, data = "message", []
