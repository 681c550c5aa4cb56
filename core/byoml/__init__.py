"""byoml: bring your own ML to a SageMaker-compatible container, and run the same thing at home."""

__all__ = ["__version__"]

__version__ = "0.1.0"
