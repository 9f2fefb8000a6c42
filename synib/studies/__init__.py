"""Studies that come with the library: each one question, asked by one or more experiments."""

from synib.studies.study import Study, UnknownStudy, load, names

__all__ = ["Study", "UnknownStudy", "load", "names"]
