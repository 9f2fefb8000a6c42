"""Rivals: other people's methods, each by its paper's own definition."""
