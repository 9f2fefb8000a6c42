"""What a run, an analysis and an experiment found, as pages and as a file: words, pictures and tables."""
