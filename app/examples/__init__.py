"""Per-example records: pages of them, and all of them in five formats."""
