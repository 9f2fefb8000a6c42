# Made from app/client/aio/keys.py by scripts/unasync.py; change it there.
"""Keys: who may come in. Needs an admin's key."""

import uuid
from collections.abc import Iterator

from app.client.sync.transport import Transport
from app.projects.schemas import KeySchema, MadeKey, Role
from app.schemas import Page

PATH = "/v1/keys"


class Keys:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, name: str, role: Role = Role.WRITER) -> MadeKey:
        """A new key; what it is, is told this once."""
        body = {"name": name, "role": role}
        return self._transport.post(MadeKey, PATH, body, key=str(uuid.uuid4()))

    def list(self) -> Iterator[KeySchema]:
        """Keys in force, newest first."""
        return self._transport.pages(Page[KeySchema], PATH, {})

    def revoke(self, key_id: str) -> None:
        """From now on it opens nothing."""
        self._transport.send("DELETE", f"{PATH}/{key_id}")
