"""`synib` on a real terminal: bars while one waits, a clean screen after Ctrl-C, words offered on Tab."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.app.conftest import Api
from tests.app.living import Live, Synib
from tests.synib.uploads.making import GOOD, as_csv

ROOT = Path(__file__).parents[2]
SYNIB = [sys.executable, "-m", "app.cli"]
HIDDEN, SHOWN = "\x1b[?25l", "\x1b[?25h"  # of the cursor


@pytest.fixture
def table(tmp_path: Path) -> Path:
    columns = {name: [*values] * 10 for name, values in GOOD.items()}
    (path := tmp_path / "votes.csv").write_bytes(as_csv(columns))
    return path


class Terminal:
    """A command whose standard error is a terminal, and whose standard output is a pipe."""

    def __init__(self, url: str, *words: str) -> None:
        self._ours, theirs = pty.openpty()
        env = os.environ | {"SYNIB_URL": url, "TERM": "xterm-256color", "COLUMNS": "100"}
        self.process = subprocess.Popen(
            [*SYNIB, *words], env=env, stdout=subprocess.PIPE, stderr=theirs, text=True
        )
        os.close(theirs)
        self.screen = ""

    def read_until(self, text: str) -> None:
        while text not in self.screen:
            self.screen += os.read(self._ours, 1024).decode(errors="replace")

    def end(self) -> tuple[int, str]:
        """Exit status and standard output; all of the screen has been read then."""
        try:
            while piece := os.read(self._ours, 1024):
                self.screen += piece.decode(errors="replace")
        except OSError:  # its other side is closed
            pass
        out, _ = self.process.communicate(timeout=30)
        os.close(self._ours)
        return self.process.returncode, out


# ---------------------------------------------------------------------------------------------- bars


def test_sending_and_reading_show_how_far_they_are(live: Live, table: Path) -> None:
    terminal = Terminal(live.url, "datasets", "upload", str(table))
    status, out = terminal.end()
    assert (status, "In an experiment" in out) == (0, True)
    assert "sending" in terminal.screen
    assert re.search(r"queued|reading|ready", terminal.screen)
    assert f"{table.stat().st_size / 1000:.1f}/{table.stat().st_size / 1000:.1f} kB" in terminal.screen
    assert terminal.screen.rindex(SHOWN) > terminal.screen.rindex(HIDDEN)


def test_nothing_is_told_of_it_where_there_is_no_terminal(synib: Synib, table: Path) -> None:
    answer = synib("datasets", "upload", str(table))
    assert (answer.status, answer.err) == (0, "")
    assert "\x1b" not in answer.out


# -------------------------------------------------------------------------------------------- Ctrl-C


def test_an_interrupt_while_waiting_leaves_a_clean_terminal_and_says_how_to_come_back(
    embedded: Api, database: Engine, table: Path
) -> None:
    terminal = Terminal(embedded.url, "datasets", "upload", str(table))  # nobody works there
    terminal.read_until("queued")
    terminal.process.send_signal(signal.SIGINT)
    status, out = terminal.end()
    assert (status, out) == (130, "")
    assert re.search(r"It goes on without you: synib dataset ds_\w+", terminal.screen)
    assert terminal.screen.rindex(SHOWN) > terminal.screen.rindex(HIDDEN)
    assert "Traceback" not in terminal.screen


def test_an_interrupted_download_leaves_no_half_a_file(live: Live, tmp_path: Path) -> None:
    target = tmp_path / "examples.csv"
    words = ["examples", live.run("synib"), "--export", str(target)]
    process = subprocess.Popen([*SYNIB, "--url", live.url, *words], stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode in (0, 130, -signal.SIGINT)
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] in ([], ["examples.csv"])


# ----------------------------------------------------------------------------------------------- Tab


def offered(url: str, words: str) -> list[str]:
    """What bash would offer for the last word."""
    env = os.environ | {
        "SYNIB_URL": url, "_SYNIB_COMPLETE": "complete_bash", "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }  # fmt: skip
    return subprocess.run(SYNIB, env=env, capture_output=True, text=True, check=True).stdout.split()


def test_identifiers_are_offered(live: Live) -> None:
    runs = [run.id for run in live.client.runs.list(experiment=live.experiment)]
    assert set(runs) <= set(offered(live.url, "synib report run_"))
    assert offered(live.url, f"synib report {runs[0]}") == [runs[0]]
    assert live.experiment in offered(live.url, "synib comparison ")
    assert live.experiment in offered(live.url, "synib runs --experiment ")
    assert {live.experiment, *runs} <= set(offered(live.url, "synib cancel "))
    assert runs[0] not in offered(live.url, "synib cancel exp_")
    assert offered("http://127.0.0.1:1", f"synib --url {live.url} resume {runs[0]}") == [runs[0]]


def test_where_no_service_answers_nothing_is_offered() -> None:
    assert offered("http://127.0.0.1:1", "synib report ") == []
    assert offered("http://127.0.0.1:1", "synib compar") == ["comparison"]


def test_completion_is_installed_into_a_shell(live: Live, tmp_path: Path) -> None:
    script = (
        "synib --install-completion >/dev/null && . ~/.bashrc && complete -p synib && "
        "COMP_WORDS=(synib comparison exp_) COMP_CWORD=2 && _synib_completion synib && echo ${COMPREPLY[@]}"
    )
    env = os.environ | {
        "HOME": str(tmp_path), "SYNIB_URL": live.url,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }  # fmt: skip
    shell = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=False)
    assert shell.returncode == 0, shell.stderr
    assert "_synib_completion synib" in shell.stdout
    assert live.experiment in shell.stdout
