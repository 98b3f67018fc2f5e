"""See the test files."""
