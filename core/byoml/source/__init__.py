"""The user's code: where it comes from, what it needs, and how it is started or imported."""
