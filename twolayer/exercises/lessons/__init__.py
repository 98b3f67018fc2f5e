"""The exercises of each lesson: one module a lesson, whose ``lesson`` collects them."""
