"""The paper's benchmarks: files, splits, labels and rules, read without torch or unpickling."""
