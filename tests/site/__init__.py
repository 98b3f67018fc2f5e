"""The finished site."""
