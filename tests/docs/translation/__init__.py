"""Tests of the second language."""
