"""The processing road: from the tree under `/opt/ml` to the container's exit code."""
