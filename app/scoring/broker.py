"""Where requests to scorers wait, and the scripts that move them; the same for API and scorers.

    synib:score:waiting        list: requests, the oldest first
    synib:score:taken:<who>    list: those that a scorer is at work on; it is gone when they are answered
    synib:score:alive:<who>    there as long as the scorer lives, and LIFE seconds longer
    synib:score:scorers        set: scorers that may have something taken
    synib:score:answers:<api>  list: answers for one process of the API

A request is in one of the first two until it is answered, so a scorer that is killed loses nothing: the next
one to look takes over what was taken.
"""

from typing import Final

PREFIX: Final = "synib:score:"
WAITING: Final = f"{PREFIX}waiting"
SCORERS: Final = f"{PREFIX}scorers"
LIFE: Final = 3
"""Seconds without a sign of life after which a scorer counts as dead."""
KEEP: Final = 60
"""Seconds after which answers that nobody collects go."""

OFFER: Final = """
if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[2])
return 1
"""
"""KEYS waiting; ARGV most that may wait, request. Whether it was taken in."""

TAKE: Final = """
local got = {}
for i = 1, tonumber(ARGV[1]) do
  local one = redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT')
  if not one then break end
  got[i] = one
end
return got
"""
"""KEYS waiting, taken; ARGV most to take."""


def taken(who: str) -> str:
    return f"{PREFIX}taken:{who}"


def alive(who: str) -> str:
    return f"{PREFIX}alive:{who}"


def answers(api: str) -> str:
    return f"{PREFIX}answers:{api}"
