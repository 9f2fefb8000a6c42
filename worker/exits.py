"""How a trainer tells its supervisor why it ended."""

DONE = 0
"""The run has succeeded; everything is in the database."""
FAILED = 1
"""error.json says why."""
INTERRUPTED = 75
"""Stopped on request with its checkpoint saved (EX_TEMPFAIL: try again)."""
FENCED = 76
"""The lease belongs to somebody else; nothing more was written."""
