"""The site in Chinese: catalogues of messages, and scripts and notebooks made with them."""
