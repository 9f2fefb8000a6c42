"""Settings of every process, read from the environment (``SYNIB_…``) once."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LOCAL_PASSWORD = "synib-local-only"  # noqa: S105 - the compose file's default, refused on a public address

Seconds = Annotated[float, Field(gt=0)]


class Settings(BaseSettings):
    """What a deployment may choose. Durations are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix="SYNIB_", use_attribute_docstrings=True)

    mode: Literal["embedded", "server"] = "server"
    """embedded: one person on one machine, loopback only, signed in as the owner.
    server: every request needs a key."""
    host: str = "127.0.0.1"
    """Address that the API is published on. embedded mode accepts loopback only."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port of the API."""
    database_url: SecretStr = SecretStr("postgresql+psycopg://synib@127.0.0.1/synib")
    """PostgreSQL 15 or newer, the only truth."""
    broker_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    """Redis or Valkey; it only rings doorbells and may be flushed at any time."""
    data: Path | None = None
    """Folder of data that recipes with a path may read, on the API's machine and the workers' alike; none
    refuses them."""
    store: Path = Path(".synib/store")
    """Folder for checkpoints and artifacts, shared by API and workers."""
    models: Path = Path(".synib/models")
    """Folder of pretrained models, on the API's machine and the workers' alike; a spec names what is in it.
    In embedded mode, where it is not set, a spec may name any folder."""
    download: bool = False
    """Whether workers may let transformers fetch pretrained models that are not there."""
    max_body: Annotated[int, Field(ge=1024)] = 2 * 2**20
    """Largest request body, but for tables."""
    max_table: Annotated[int, Field(ge=1024)] = 512 * 2**20
    """Largest upload of a table of predictions."""
    max_upload: Annotated[int, Field(ge=1024)] = 64 * 2**30
    """Largest data set that may be sent, as the file it comes in."""
    max_unpacked: Annotated[int, Field(ge=1024)] = 256 * 2**30
    """Most bytes that a data set may come to when it is unpacked and stored."""
    max_examples: Annotated[int, Field(ge=1)] = 10_000_000
    """Most examples of a data set."""
    abandoned: Seconds = 86_400
    """After how long without a new part a data set that was never completed is forgotten."""
    memory_limit: Annotated[int, Field(ge=2**20)] = 8 * 2**30
    """Largest estimated memory of one run; larger specs are refused when posted."""
    max_runs: Annotated[int, Field(ge=1)] = 2000
    """Largest number of runs (methods × seeds) of one experiment."""
    score_examples: Annotated[int, Field(ge=1, le=4096)] = 256
    """Most examples that a model is asked about at once; more are sent as a file."""
    score_wait: Seconds = 10
    """How long a request waits for a scorer, unless it says otherwise."""
    score_waiting: Annotated[int, Field(ge=1)] = 64
    """How many requests may wait for scorers; more are refused for the moment."""
    score_memory: Annotated[int, Field(ge=2**20)] = 2 * 2**30
    """Bytes of models that a scorer keeps in memory; those asked last stay."""
    score_data: Annotated[int, Field(ge=2**20)] = 512 * 2**20
    """Bytes of data sets that a scorer keeps in memory to cross their examples; those asked last stay."""
    score_threads: Annotated[int, Field(ge=1)] = 1
    """Threads of a scorer."""
    lease: Seconds = 60
    """How long a worker holds a run without renewing; after that the run is queued again."""
    heartbeat: Seconds = 15
    """How often a worker renews its lease."""
    poll: Seconds = 1
    """How often a worker looks for a cancel request, and a stream for news."""
    sweep: Seconds = 5
    """How often expired leases, unrung doorbells and finished experiments are looked for."""
    redispatch: Seconds = 60
    """After how long a queued run that nobody claimed is rung again."""
    cancel_grace: Seconds = 8
    """How long a trainer may take to save and leave after a cancel request before it is killed."""
    drain_grace: Seconds = 60
    """The same when the worker itself is told to stop."""
    stall: Seconds = 1800
    """A trainer without progress for this long is ended as stalled."""

    @model_validator(mode="after")
    def _safe(self) -> Self:
        local = self.host in LOOPBACK
        if self.mode == "embedded" and not local:
            raise ValueError(
                f"embedded mode has no keys and cannot listen on {self.host}; use SYNIB_MODE=server"
            )
        if self.mode == "server" and not local and LOCAL_PASSWORD in self.database_url.get_secret_value():
            raise ValueError(f"set POSTGRES_PASSWORD to a secret of yours before publishing on {self.host}")
        if self.heartbeat * 2 > self.lease:
            raise ValueError(
                "SYNIB_HEARTBEAT must be at most half of SYNIB_LEASE: one late renewal loses a run"
            )
        return self


@lru_cache
def settings() -> Settings:
    """The process's settings."""
    chosen = Settings()
    if chosen.mode == "server":  # nobody's spec shall lead to any other folder of a server
        os.environ.setdefault("SYNIB_MODELS", str(chosen.models.absolute()))
    return chosen
