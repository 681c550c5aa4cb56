"""An S3 that tests may write to."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["S3"]


class S3(NamedTuple):
    """A real server that speaks S3, with a bucket of the test's own."""

    client: Any
    bucket: str
    variables: dict[str, str]

    def uri(self, key: str = "") -> str:
        return f"s3://{self.bucket}/{key}"

    def put(self, key: str, content: bytes) -> str:
        """Store an object; give its URI."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=content)
        return self.uri(key)

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        """All objects below a prefix, by key."""
        found = self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", ())
        return {
            each["Key"]: self.client.get_object(Bucket=self.bucket, Key=each["Key"])["Body"].read() for each in found
        }
