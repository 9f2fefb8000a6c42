"""Data sets: what people bring to train on, from its first byte until it is ready, and what is in it."""
