"""Asking models about new examples: at once, by scorers that have them in memory."""
