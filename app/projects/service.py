"""Making keys and finding out whose key it is."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.db.tables import ApiKey
from app.projects import repository
from app.projects.schemas import Role

OWN_PROJECT = "default"
NOBODY = hashlib.sha256(secrets.token_bytes(32)).digest()  # compared with when no key has the prefix


@dataclass(frozen=True)
class Principal:
    """Who asks: a project and what may be done in it."""

    project_id: str
    role: Role


def owner(session: Session) -> Principal:
    """The one person of embedded mode."""
    return Principal(repository.ensure_project(session, OWN_PROJECT), Role.ADMIN)


def identify(session: Session, key: str) -> Principal | None:
    """Whose key this is; None if nobody's. Unknown and wrong keys take the same steps."""
    scheme, _, rest = key.partition("_")
    prefix, _, secret = rest.partition("_")
    if scheme != "synib" or not prefix.isascii() or not prefix.isalnum():
        return None
    row = repository.by_prefix(session, prefix)
    digest = hashlib.sha256(secret.encode()).digest()
    if not hmac.compare_digest(digest, NOBODY if row is None else row.digest) or row is None:
        return None
    repository.touch(session, row.id)
    return Principal(row.project_id, Role(row.role))


def create_key(session: Session, project_name: str, name: str, role: Role) -> str:
    """A new key for a project, which is made if need be; the caller commits and shows the key once."""
    _, key = make_key(session, repository.ensure_project(session, project_name), name, role)
    return key


def make_key(session: Session, project_id: str, name: str, role: Role) -> tuple[ApiKey, str]:
    """The stored row and the key itself, which is stored nowhere."""
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    digest = hashlib.sha256(secret.encode()).digest()
    row = ApiKey(project_id=project_id, name=name, role=role, prefix=prefix, digest=digest)
    session.add(row)
    session.flush()
    session.refresh(row)
    return row, f"synib_{prefix}_{secret}"
