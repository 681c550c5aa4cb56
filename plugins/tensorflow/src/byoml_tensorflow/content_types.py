"""The content types that requests and answers may have."""

from __future__ import annotations

__all__ = ["ACCEPTS", "CONTENT_TYPES", "CSV", "JSON", "JSON_LINES", "PICTURES", "VIDEOS"]

JSON = "application/json"
JSON_LINES = ("application/jsonlines", "application/jsons")
CSV = "text/csv"
_NPY = "application/x-npy"
PICTURES = ("image/jpeg", "image/png")
VIDEOS = ("video/mp4", "video/x-msvideo", "video/webm")
#: What requests may be.
CONTENT_TYPES = (JSON, *JSON_LINES, CSV, _NPY, *PICTURES, *VIDEOS)
#: What answers may be.
ACCEPTS = (JSON, JSON_LINES[0], CSV, _NPY)
