"""The pages that people look at: the same services and repositories as the API, told in HTML."""
