"""Reading from S3, from a real server that speaks it."""

from __future__ import annotations

import io
import logging
import re
import socket
import subprocess
import sys
import tarfile
import threading
from typing import TYPE_CHECKING

import pytest
from byoml.errors import ExtraMissingError, S3SettingError, SourceError
from byoml.source.fetch import fetch
from byoml.source.s3 import Location, download, open_client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from buckets import S3


def _tarball(**files: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{name}.py")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content.encode()))
    return packed.getvalue()


def _files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_an_object_that_is_an_archive_is_unpacked(s3: S3, tmp_path: Path) -> None:
    """As the SDKs send it."""
    fetch(s3.put("job/source/sourcedir.tar.gz", _tarball(train="1")), tmp_path / "code", s3.variables)
    assert _files(tmp_path / "code") == {"train.py": "1"}


def test_an_object_that_is_no_archive_is_the_code(s3: S3, tmp_path: Path) -> None:
    """One script, under its own name."""
    fetch(s3.put("scripts/train.py", b"print()"), tmp_path / "code", s3.variables)
    assert _files(tmp_path / "code") == {"train.py": "print()"}


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_prefix_is_a_folder_and_its_siblings_are_not_in_it(s3: S3, tmp_path: Path, slash: str) -> None:
    """With or without the slash; markers of folders are no files."""
    for key in ("src/train.py", "src/lib/helper é.py", "src2/other.py"):
        s3.put(key, key.encode())
    s3.put("src/lib/", b"")
    fetch(s3.uri(f"src{slash}"), tmp_path / "code", s3.variables)
    assert _files(tmp_path / "code") == {"train.py": "src/train.py", "lib/helper é.py": "src/lib/helper é.py"}


def test_a_prefix_with_nothing_but_the_packed_source_is_that_source(s3: S3, tmp_path: Path) -> None:
    """A caller may name the folder of the upload."""
    s3.put("job/source/sourcedir.tar.gz", _tarball(train="1"))
    fetch(s3.uri("job/source"), tmp_path / "code", s3.variables)
    assert _files(tmp_path / "code") == {"train.py": "1"}


def test_more_objects_than_one_listing_holds_are_all_fetched(tmp_path: Path) -> None:
    """A listing may end anywhere, and says how it goes on."""

    def answer(request: bytes) -> bytes:
        head = b'HTTP/1.1 200 OK\r\nETag: "tag"\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s'
        if request.startswith(b"HEAD"):
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        if b"list-type=2" not in request:
            return head % (1, b"x")
        second = b"continuation-token=more" in request
        more = b"" if second else b"<IsTruncated>true</IsTruncated><NextContinuationToken>more</NextContinuationToken>"
        item = b"<Contents><Key>many/%s</Key><Size>1</Size></Contents>" % (b"second" if second else b"first")
        page = b"<ListBucketResult>%s%s</ListBucketResult>" % (more, item)
        return head % (len(page), page)

    with _server(answer) as variables:
        got = download("s3://bucket/many", tmp_path, variables)
    assert _files(got) == {"first": "x", "second": "x"}


@pytest.mark.parametrize("name", ["S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])
@pytest.mark.parametrize("region", ["AWS_REGION", "SAGEMAKER_REGION"])
def test_endpoint_and_region_come_from_the_environment_given(s3: S3, name: str, region: str) -> None:
    """Under each name that a sender uses, and never from our own environment."""
    client = open_client({name: s3.variables["AWS_ENDPOINT_URL_S3"], region: "eu-west-3"}, "a test")
    assert client.meta.endpoint_url == s3.variables["AWS_ENDPOINT_URL_S3"]
    assert client.meta.region_name == "eu-west-3"


def test_what_was_downloaded_is_told_in_one_line(s3: S3, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Which, how many and how much."""
    uri = s3.put("a/train.py", b"x" * 2**20)
    with caplog.at_level(logging.INFO, "byoml.source"):
        download(uri, tmp_path, s3.variables)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"{uri}: 1 object downloaded, 1.0 MiB in ")


def test_a_long_download_says_how_far_it_is(
    s3: S3, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every ten seconds by the clock, which runs fast here."""
    now = iter(range(0, 10_000, 6))
    monkeypatch.setattr("byoml.source.s3.time.monotonic", lambda: next(now))
    uri = s3.put("a/data.bin", b"x" * 4 * 2**20)
    with caplog.at_level(logging.INFO, "byoml.source"):
        download(uri, tmp_path, s3.variables)
    assert f"{uri}: 1.0 of 4.0 MiB downloaded" in caplog.text


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("s3://", "names no bucket"),
        ("s3:///key", "names no bucket"),
        ("s3://no-such-bucket/a/sourcedir.tar.gz", "there is no bucket 'no-such-bucket'"),
        ("s3://BUCKET/none", "there is no such object, and no object below it"),
        ("s3://BUCKET", "there is no such object, and no object below it"),
    ],
)
def test_what_is_not_there_is_named_with_the_reason(s3: S3, tmp_path: Path, uri: str, reason: str) -> None:
    """On one line."""
    uri = uri.replace("BUCKET", s3.bucket)
    with pytest.raises(SourceError, match=reason) as caught:
        fetch(uri, tmp_path / "code", s3.variables)
    assert repr(uri) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_key_that_leads_out_of_the_folder_is_refused(s3: S3, tmp_path: Path) -> None:
    """S3 takes any text for a key."""
    s3.client.put_object(Bucket=s3.bucket, Key="src//train.py", Body=b"")
    with pytest.raises(SourceError, match=r"'src//train\.py' is no name of a file"):
        fetch(s3.uri("src"), tmp_path / "code", s3.variables)


def test_an_endpoint_that_is_not_there_is_named(s3: S3, tmp_path: Path) -> None:
    """The address that was tried is in the error."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(SourceError, match=re.escape(endpoint)):
        fetch(s3.uri("a"), tmp_path / "code", {**s3.variables, "AWS_ENDPOINT_URL_S3": endpoint})


@pytest.mark.parametrize("settings", [{"AWS_ENDPOINT_URL_S3": "no address"}, {"AWS_REGION": "no region!"}])
def test_settings_that_are_none_are_an_error_of_ours(settings: dict[str, str]) -> None:
    """It says what they were for."""
    pytest.importorskip("boto3", reason="boto3 is not installed: byoml[s3] brings it")
    with pytest.raises(S3SettingError, match=r"^a test: S3 cannot be asked: .*(no address|no region!)"):
        open_client(settings, "a test")


def test_a_server_that_says_no_is_believed_and_the_rights_are_named(tmp_path: Path) -> None:
    """As a role without rights is answered."""
    with (
        _server(
            lambda _request: b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ) as variables,
        pytest.raises(SourceError, match="access is denied; the job's role must allow s3:GetObject"),
    ):
        fetch("s3://bucket/key", tmp_path / "code", variables)


def test_a_download_that_breaks_off_is_taken_up_where_it_was(tmp_path: Path) -> None:
    """And the object must still be the same."""
    content = bytes(range(256)) * 8
    asked: list[bytes] = []

    def answer(request: bytes) -> bytes:
        head = b'HTTP/1.1 %s\r\nETag: "tag"\r\nConnection: close\r\nContent-Length: %d\r\n\r\n'
        if request.startswith(b"HEAD"):
            return head % (b"200 OK", len(content))
        asked.append(request.lower())
        if len(asked) == 1:
            return head % (b"200 OK", len(content)) + content[:1000]
        return head % (b"206 Partial Content", len(content) - 1000) + content[1000:]

    with _server(answer) as variables:
        got = download("s3://bucket/file.bin", tmp_path, variables)
    assert got.read_bytes() == content
    assert b"range: bytes=1000-" in asked[1]
    assert b'if-match: "tag"' in asked[1]


class _server:  # noqa: N801  it is used like a function
    """A server of our own, for answers that a well-behaved one never gives."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(self._answer(connection.recv(65536)))

    def __enter__(self) -> dict[str, str]:
        pytest.importorskip("boto3", reason="boto3 is not installed: byoml[s3] brings it")
        self._thread.start()
        port = self._listener.getsockname()[1]
        keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        return {"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}", "AWS_REGION": "us-east-1", **keys}

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def test_without_boto3_the_error_names_the_extra(tmp_path: Path) -> None:
    """A Python that cannot import it, for a real one would need an environment of its own."""
    (tmp_path / "boto3.py").write_text("raise ImportError\n")
    code = "from byoml.source.s3 import open_client; open_client({}, 'this')"
    python = [sys.executable, "-c", code]
    done = subprocess.run(python, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert (
        f"{ExtraMissingError.__name__}: this needs boto3, which is not installed; `pip install byoml[s3]`"
        in done.stderr
    )


def test_a_uri_is_a_bucket_and_a_key() -> None:
    """The key may be empty, and may hold slashes."""
    assert Location.parse("s3://b/k/e/y") == Location("b", "k/e/y")
    assert Location.parse("s3://b") == Location("b", "")
