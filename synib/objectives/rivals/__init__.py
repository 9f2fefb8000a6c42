"""Rivals: other people's methods on our encoders, heads, fusion and initial weights."""
