"""The serving road: gunicorn, an ASGI data plane, and an engine that knows nothing of HTTP."""
