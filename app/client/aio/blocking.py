"""What the two clients do differently but for the words async and await: to wait, and to wait for a disk."""

from asyncio import sleep, to_thread

__all__ = ["sleep", "to_thread"]
