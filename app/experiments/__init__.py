"""Experiments: one question each, expanded into runs."""
