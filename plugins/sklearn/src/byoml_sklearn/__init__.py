"""scikit-learn for byoml: a built-in algorithm, and serving of what joblib saved."""
