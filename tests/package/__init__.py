"""The package `twolayer`."""
