"""The contract against any image, ours or not: what it keeps, what it breaks, and what to do about it."""
