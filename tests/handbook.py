"""The handbook's blocks of code, and the service and folder in which a reader would try them."""

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from app.client import Client
from app.runs.status import Status

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = ("quick-start", "concepts", "your-data", "scoring", "operations", "api")
"""Those that have something to try, in the order in which they are read: each uses what those before made.
docs/client.md is tried in tests/app/test_client_pages.py."""
USUAL = "http://127.0.0.1:8000"
WORDS = ("EXPERIMENT", "RUN", "DATASET", "ANALYSIS", "SCORING", "KEY", "MODEL", "EXAMPLE", "MODALITY")
"""What readers fill in."""


@dataclass(frozen=True)
class Block:
    """One fenced block. Behind its language may stand ``title=FILE`` (it is a file that later blocks use),
    ``check`` (it is not run, only what it names must be there), ``fails`` and ``part=…``."""

    page: str
    line: int
    language: str
    info: str
    code: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}:{self.language}"

    @property
    def title(self) -> str | None:
        found = re.search(r"title=(\S+)", self.info)
        return found[1] if found else None

    @property
    def part(self) -> str | None:
        found = re.search(r"part=(\S+)", self.info)
        return found[1] if found else None

    def said(self, word: str) -> bool:
        return word in self.info.split()

    @cached_property
    def commands(self) -> list[list[str]]:
        """Its lines as words, comments left out, long ones joined."""
        lines = re.sub(r"\\\n\s*", "", self.code)
        joined, pending = [], ""
        for line in lines.splitlines():
            pending += line + "\n"
            if pending.count("'") % 2 == 0:  # a quoted body may have lines of its own
                joined.append(pending)
                pending = ""
        return [words for line in joined if (words := shlex.split(line, comments=True))]


def blocks(page: str) -> list[Block]:
    path = DOCS / f"{page}.md"
    text = path.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found[1], found[2].strip(), found[3])
        for found in re.finditer(r"^```(\w+)([^\n]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    ]


@dataclass
class Reader:
    """Somebody who types what the handbook says, in one folder, at one service."""

    folder: Path
    client: Client
    url: str
    synib: Callable[[list[str]], tuple[int, str]]
    known: dict[str, str] = field(default_factory=dict)
    """Ids of what was made last."""
    names: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Python's names, by page."""

    def filled(self, text: str) -> str:
        """With the ids for the words in capitals, and the service that is there."""

        def fill(found: re.Match[str]) -> str:
            return self.known[found[0]] if found[0] != "SCORING" else self.scoring()

        return re.sub(rf"(?<![\w$])({'|'.join(WORDS)})(?!\w)", fill, text.replace(USUAL, self.url))

    def write(self, block: Block) -> None:
        assert block.title
        (self.folder / block.title).write_text(self.filled(block.code), encoding="utf-8")

    def python(self, block: Block) -> None:
        names = self.names.setdefault(block.page, {"__name__": "__main__"})
        exec(compile(self.filled(block.code), str(block), "exec"), names)

    def shell(self, block: Block) -> None:
        for words in block.commands:
            filled = [self.filled(word) for word in words]
            if words[0] == "synib":
                status, said = self.synib(filled[1:])
                assert (status != 0) == block.said("fails"), f"{shlex.join(filled)}: {said}"
            elif words[0] == "curl":
                self.curl(filled)
            else:
                raise AssertionError(f"{block} has {words[0]!r}, which is not run here; say `check`")
            self.remember(words)

    def curl(self, words: list[str]) -> None:
        """As typed; an answer of 400 and more must be one that the page is about."""
        asked = [*words, "-w", "%{stderr}%{http_code}", "--max-time", "20"]
        done = subprocess.run(asked, cwd=self.folder, capture_output=True, text=True, check=True)
        status = int(done.stderr[-3:])
        if "1.4}}]}" in " ".join(words):  # the page's example of a refusal
            assert (status, json.loads(done.stdout)["code"]) == (422, "invalid_spec")
        else:
            assert status < 400, f"{status} {shlex.join(words)}: {done.stdout}"

    def remember(self, words: list[str]) -> None:
        """The ids of what a command has made."""
        said = " ".join(words)
        if "submit" in words and "--watch" in words:
            experiment = next(iter(self.client.experiments.list()))
            run = next(iter(self.client.runs.list(experiment=experiment.id, status=[Status.SUCCEEDED])))
            self.known |= {"EXPERIMENT": experiment.id, "RUN": run.id}
        elif words[1:3] == ["datasets", "upload"]:
            dataset = next(iter(self.client.datasets.list()))
            if dataset.state == "ready":
                self.known |= {"DATASET": dataset.id, "EXAMPLE": "clip-0", "MODALITY": dataset.modalities[0]}
        elif words[1] == "analyze":
            self.known["ANALYSIS"] = next(iter(self.client.analyses.list())).id
        elif "keys" in said:
            self.known["KEY"] = next(iter(self.client.keys.list())).id
        if "promote" in words or "/v1/models" in said:
            self.known["MODEL"] = "clips"

    def scoring(self) -> str:
        """A file that the model has been asked about; the pages forget theirs."""
        if "SCORING" not in self.known:
            clips, spec = self.folder / "clips.csv", {"ignore": ["group"]}
            sent = self.client.models.score_file(self.known["MODEL"], clips, spec)
            assert self.client.scorings.wait(sent.id, timeout=60).status == "succeeded"
            self.known["SCORING"] = sent.id
        return self.known["SCORING"]
