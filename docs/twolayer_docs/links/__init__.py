"""Links that nobody writes: terms, names, files."""
