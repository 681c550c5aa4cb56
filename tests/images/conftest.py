"""The fixtures of these tests are shared with those of the SDK."""

from built_images import base, build, context, docker, tree, xgboost

__all__ = ["base", "build", "context", "docker", "tree", "xgboost"]
