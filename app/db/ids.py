"""Identifiers: time-ordered UUIDs in the database, ``run_0193…`` for people."""

import os
import re
import time
import uuid
from typing import Any

from sqlalchemy import Uuid
from sqlalchemy.types import TypeDecorator


def new_id(prefix: str) -> str:
    """A fresh identifier that sorts by its time of making (UUID version 7, RFC 9562)."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return f"{prefix}_{value:032x}"


class Id(TypeDecorator[str]):
    """Stored as uuid, seen as ``<prefix>_<32 hex digits>``."""

    impl = Uuid
    cache_ok = True

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        super().__init__()

    def is_valid(self, value: str) -> bool:
        return re.fullmatch(rf"{self.prefix}_[0-9a-f]{{32}}", value) is not None

    def process_bind_param(self, value: str | None, dialect: Any) -> uuid.UUID | None:
        if value is None:
            return None
        if not self.is_valid(value):
            raise ValueError(f"{value!r} is not a {self.prefix} identifier")
        return uuid.UUID(hex=value.removeprefix(f"{self.prefix}_"))

    def process_result_value(self, value: uuid.UUID | None, dialect: Any) -> str | None:
        return None if value is None else f"{self.prefix}_{value.hex}"


PROJECT, KEY, EXPERIMENT, ANALYSIS, RUN = Id("prj"), Id("key"), Id("exp"), Id("ana"), Id("run")
DATASET, MODEL, SCORING = Id("ds"), Id("mdl"), Id("sco")
