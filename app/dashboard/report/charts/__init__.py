"""One chart a file: pure functions from a report, a comparison or an example to what is shown of it."""
