"""Studies: questions that come with SynIB, as experiments ready to be posted."""
