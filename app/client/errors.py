"""What the client raises.

ClientError
 ├── ProblemError     the service answered with a refusal
 ├── Unreachable      nobody answered
 │    └── BrokenOff   the answer ended in the middle
 ├── NotUnderstood    the service answered in a form that this client does not know
 └── MissingPackage   what makes a table of it is not installed
"""

from app.errors import FaultSchema, ProblemSchema


class ClientError(Exception):
    """Base of what the client raises."""


class ProblemError(ClientError):
    """A refusal of the service (RFC 9457), with the fields of the problem."""

    def __init__(self, problem: ProblemSchema) -> None:
        self.problem = problem
        where = "".join(f"\n  {fault.pointer or '/'}: {fault.detail}" for fault in problem.errors)
        super().__init__(f"{problem.status} {problem.title}: {problem.detail}{where}")

    @property
    def status(self) -> int:
        """HTTP status."""
        return self.problem.status

    @property
    def code(self) -> str:
        """For programs; never changes."""
        return self.problem.code

    @property
    def title(self) -> str:
        return self.problem.title

    @property
    def detail(self) -> str:
        """What happened and what to do next."""
        return self.problem.detail

    @property
    def errors(self) -> list[FaultSchema]:
        """Everything that is wrong with the request, each with its place."""
        return self.problem.errors


class Unreachable(ClientError):
    """Nobody answers at this address."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(
            f"no SynIB service answers at {url} ({why}); start one with `synib up`, "
            "or say where it is with SYNIB_URL"
        )


class BrokenOff(Unreachable):
    """The answer ended too early."""

    def __init__(self, url: str, why: str) -> None:
        ClientError.__init__(
            self, f"the service at {url} broke off in the middle of its answer ({why}); ask again"
        )


class NotUnderstood(ClientError):
    """Service and client are of different versions, or something else answers at the service's address."""

    def __init__(self, url: str, version: str, what: str) -> None:
        super().__init__(
            f"{url} answers in a form that this client, SynIB {version}, does not know ({what}); "
            "use the version of the service, which it tells at /"
        )


class MissingPackage(ClientError, ImportError):
    """pandas or polars is asked for and not there."""
