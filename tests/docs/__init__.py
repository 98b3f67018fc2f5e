"""The machinery of the site, room by room."""
