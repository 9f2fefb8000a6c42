"""The process itself: alive, ready, counted."""
