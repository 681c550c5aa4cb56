"""Run a job or an endpoint here: the tree that the platform would build, and the real console scripts in it."""
