"""Reading a request's head at once, where gunicorn's parser in Python goes from line to line.

Only heads that have arrived whole and are plain in every respect are read here. All others, with whatever is wrong in
them, go gunicorn's own way; so do the checks that tell where a request ends, and bodies.
"""

from __future__ import annotations

import re

from gunicorn.asgi.parser import PythonProtocol

__all__ = ["HeadParser"]

# Methods, targets, names and values are those of RFC 9110 sections 9.1, 5.1 and 5.5 and RFC 9112 section 3.2.1, and no
# more than gunicorn takes. No part matches what the next one begins with, so this takes linear time.
_NAME, _VALUE = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", rb"[^\x00-\x08\x0a-\x1f\x7f]*"
_HEAD = re.compile(rb"([A-Z]{3,20}) (/[\x21-\x7e]*) HTTP/1\.1\r\n((?:%b:%b\r\n)*)\r\n" % (_NAME, _VALUE))
_FIELDS = re.compile(rb"([^:]+):([^\r]*)\r\n")
_BLANKS = b" \t"


class HeadParser(PythonProtocol):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's parser of HTTP/1.1 in Python, with a quick way for plain heads."""

    def _parse_request_line(self) -> bool:
        head = _HEAD.match(self._buffer)
        if head is None or not self._allowed(head):
            done: bool = super()._parse_request_line()
            return done
        self.method, self.path, block = head.groups()
        self.http_version = (1, 1)
        fields = _FIELDS.findall(block)
        self._headers_list = [(name.lower(), value.strip(_BLANKS)) for name, value in fields]
        self._header_count = len(fields)
        self._empty_line_skipped = True
        self._scan_from = 0
        del self._buffer[: head.end()]
        self._finalize_headers()
        return True

    def _allowed(self, head: re.Match[bytes]) -> bool:
        """Tell whether the whole head is no longer than one of its lines may be, and has no more fields than it may."""
        length, fields = head.end(), head.group(3).count(b"\n")
        return not (
            (self._limit_request_line and length > self._limit_request_line)
            or (self._limit_request_field_size and length > self._limit_request_field_size)
            or (self._limit_request_fields and fields > self._limit_request_fields)
            or (self._on_message_begin or self._on_url or self._on_header)
        )
