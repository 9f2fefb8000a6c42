"""Models: the weights of runs under names, ready to be asked about new examples."""
