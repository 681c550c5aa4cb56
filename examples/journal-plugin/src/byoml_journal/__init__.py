"""A journal of jobs and model loads, kept by byoml's hooks."""
