"""Figures: light and dark, in words, curves to look up, as files, inside the page."""
