"""What is around a page's text and in it."""
