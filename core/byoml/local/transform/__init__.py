"""A batch transform on this machine: split, send, join and assemble, as the service does (contract/inference 1.10)."""
