"""What the site offers, run alone."""
