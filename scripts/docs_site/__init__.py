"""Builds the handbook: docs/*.md become pages that open from disk and load nothing else."""
