# Made from app/client/aio/events.py by scripts/unasync.py; change it there.
"""A run's events as they happen, read so that a broken connection loses none and repeats none."""

from collections.abc import Iterator
from contextlib import suppress

from app.client.errors import BrokenOff
from app.client.sse import Parser
from app.client.sync.blocking import sleep
from app.client.sync.transport import Transport
from app.runs.schemas import EventSchema, MetricSchema

BREATH = 0.2  # seconds before asking again where a stream ended without a word


def follow(transport: Transport, path: str, after: int) -> Iterator[EventSchema | MetricSchema]:
    """Status changes and epochs with numbers above ``after``, as they happen, until the run has ended."""
    while True:
        headers = {"Last-Event-ID": str(after), "Accept": "text/event-stream"}
        parser = Parser()
        # Whether a stream that broke off is asked for again, the transport's patience decides.
        with suppress(BrokenOff), transport.stream("GET", path, headers=headers) as response:
            for line in response.iter_lines():
                event = parser.feed(line)
                if event is None:
                    continue
                after = event.seq
                match event.kind:
                    case "status":
                        yield EventSchema.model_validate_json(event.data)
                    case "metrics":
                        yield MetricSchema.model_validate_json(event.data)
                    case "end":
                        return
        sleep(BREATH)
