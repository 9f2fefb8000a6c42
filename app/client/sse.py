"""Server-sent events, told from lines (WHATWG HTML, section 9.2.6), without fields that we do not use."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Event:
    """One event as it was sent."""

    kind: str
    seq: int
    data: str


@dataclass
class Parser:
    """Takes a line at a time; an event that is never completed is none."""

    kind: str = "message"
    seq: int = 0
    data: list[str] = field(default_factory=list)

    def feed(self, line: str) -> Event | None:
        """The event that this line completes."""
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                self.kind = value
            case "id":
                self.seq = int(value)
            case "data":
                self.data.append(value)
            case "" if not line:
                kind, data = self.kind, self.data
                self.kind, self.data = "message", []
                return Event(kind, self.seq, "\n".join(data)) if data else None
        return None
