"""Who may ask which model, and what it takes: looked up once a second and not once a request."""

import time
from collections import OrderedDict

from fastapi import Request
from sqlalchemy.orm import Session

from app.models.service import find
from app.projects.auth import COOKIE, identify
from app.scoring.reading import Takes

FRESH = 1.0  # seconds for which an answer of the database is believed
MOST = 1024  # answers that are remembered

Entry = tuple[str, Takes]
"""A model's id, and what it takes."""


class Catalogue:
    """By key and name. Two statements of the database cost more than all else that a small request does.

    A key that is revoked, or a model that another process deletes, may be used for a second longer. What a
    browser is told by its cookie is not remembered: it is looked up, and so is who sent it, each time.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str | None, str], tuple[float, Entry]] = OrderedDict()

    def known(self, request: Request, name: str) -> Entry | None:
        """What the database said a moment ago, if it was asked."""
        found = self._known.get(_of(request, name))
        return found[1] if found and found[0] > time.monotonic() else None

    def look_up(self, session: Session, request: Request, name: str) -> Entry:
        """What it says now.

        Raises:
            Unauthenticated: by nobody's key.
            ModelNotFound: there is no such model in the caller's project.
        """
        model = find(session, identify(request, session).project_id, name)
        entry = model.id, Takes.of(model.card)
        if "authorization" in request.headers or COOKIE not in request.cookies:
            self._known[_of(request, name)] = time.monotonic() + FRESH, entry
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return entry

    def forget(self) -> None:
        """A model is gone."""
        self._known.clear()


def _of(request: Request, name: str) -> tuple[str | None, str]:
    return request.headers.get("authorization"), name
