"""Made by hand now and then."""
