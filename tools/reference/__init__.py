"""The pages of docs/reference, a module for each: what they say comes from the code."""
