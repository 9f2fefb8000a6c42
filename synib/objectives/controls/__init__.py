"""Controls: what else a gain of SynIB's could come from, each alone."""
