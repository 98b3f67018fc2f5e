"""How scripts run, and what becomes of them."""
