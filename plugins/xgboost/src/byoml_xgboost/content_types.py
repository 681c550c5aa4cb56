"""The content types that requests and answers may have (contract/inference 4.2 and X-4)."""

from __future__ import annotations

__all__ = ["ACCEPTS", "CONTENT_TYPES", "CSV", "JSON", "JSON_LINES", "LIBSVM", "NPY", "PARQUET", "RECORDS"]

CSV = "text/csv"
LIBSVM = ("text/libsvm", "text/x-libsvm")
PARQUET = ("application/x-parquet", "application/vnd.apache.parquet")
RECORDS = "application/x-recordio-protobuf"
JSON = "application/json"
JSON_LINES = (
    "application/jsonlines",
    "application/x-jsonlines",
    "application/jsonlines+json",
    "application/ndjson",
)
NPY = "application/x-npy"
#: What requests may be.
CONTENT_TYPES = (CSV, *LIBSVM, *PARQUET, RECORDS, JSON, *JSON_LINES, NPY)
#: What answers may be.
ACCEPTS = (CSV, JSON, JSON_LINES[0], RECORDS, NPY)
