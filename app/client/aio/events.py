"""A run's events as they happen, read so that a broken connection loses none and repeats none."""

from collections.abc import AsyncIterator
from contextlib import suppress

from app.client.aio.blocking import sleep
from app.client.aio.transport import Transport
from app.client.errors import BrokenOff
from app.client.sse import Parser
from app.runs.schemas import EventSchema, MetricSchema

BREATH = 0.2  # seconds before asking again where a stream ended without a word


async def follow(transport: Transport, path: str, after: int) -> AsyncIterator[EventSchema | MetricSchema]:
    """Status changes and epochs with numbers above ``after``, as they happen, until the run has ended."""
    while True:
        headers = {"Last-Event-ID": str(after), "Accept": "text/event-stream"}
        parser = Parser()
        # Whether a stream that broke off is asked for again, the transport's patience decides.
        with suppress(BrokenOff):
            async with transport.stream("GET", path, headers=headers) as response:
                async for line in response.aiter_lines():
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
        await sleep(BREATH)
