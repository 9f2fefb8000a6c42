"""Runs: their life, their lease, what they say."""
