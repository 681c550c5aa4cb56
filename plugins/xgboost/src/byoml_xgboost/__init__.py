"""XGBoost for byoml: the built-in algorithm, and serving of its models."""
