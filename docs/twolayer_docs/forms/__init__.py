"""The site's other forms."""
