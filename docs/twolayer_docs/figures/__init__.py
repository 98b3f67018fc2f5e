"""Drawings: light and dark, in words, as files."""
