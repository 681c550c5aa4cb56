"""The platform's JSON files, as they come and as they may be broken."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import pytest
from byoml.environment.config_files import read_config
from byoml.errors import UnreadableConfigFileError

if TYPE_CHECKING:
    from pathlib import Path
from hypothesis import given
from hypothesis import strategies as st

_NAME = "resourceconfig.json"


def test_a_file_is_read_as_its_object(tmp_path: Path) -> None:
    """UTF-8, with or without a byte order mark."""
    (tmp_path / _NAME).write_bytes(b'\xef\xbb\xbf{"a": "\xc3\xa9"}')
    assert read_config(tmp_path, _NAME) == {"a": "é"}


@pytest.mark.parametrize("content", [None, b"", b" \n"])
def test_a_missing_or_empty_file_is_an_empty_object(tmp_path: Path, content: bytes | None) -> None:
    """Defaults stand for what nobody wrote."""
    if content is not None:
        (tmp_path / _NAME).write_bytes(content)
    assert read_config(tmp_path, _NAME) == {}


def test_a_missing_folder_is_no_error(tmp_path: Path) -> None:
    """The whole tree may be absent."""
    assert read_config(tmp_path / "none", _NAME) == {}


def test_the_name_is_found_in_any_case_the_exact_one_first(tmp_path: Path) -> None:
    """Local tools write resourceConfig.json."""
    (tmp_path / "resourceConfig.json").write_text('{"a": 1}')
    assert read_config(tmp_path, _NAME) == {"a": 1}
    (tmp_path / _NAME).write_text('{"a": 2}')
    assert read_config(tmp_path, _NAME) == {"a": 2}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"a": 1,\n  b}', "line 2, column 3"),
        (b"[1]", "found a list"),
        (b"3", "found a int"),
        (b'{"a": "\xff"}', "utf-8"),
        (b'{"a": ' + b"9" * 5000 + b"}", "digits"),
        (b"[" * 100_000, "recursion"),
    ],
    ids=["syntax", "list", "number", "encoding", "digits", "depth"],
)
def test_a_file_that_does_not_parse_is_named_with_the_place(tmp_path: Path, content: bytes, words: str) -> None:
    """Whatever is wrong with it, the error names the file."""
    (tmp_path / _NAME).write_bytes(content)
    with pytest.raises(UnreadableConfigFileError, match=words) as caught:
        read_config(tmp_path, _NAME)
    assert str(tmp_path / _NAME) in str(caught.value)


@given(st.binary(max_size=40))
def test_no_content_ends_in_another_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Any bytes are an object, nothing, or the one error."""
    folder = tmp_path_factory.mktemp("config")
    (folder / _NAME).write_bytes(content)
    with contextlib.suppress(UnreadableConfigFileError):
        value = read_config(folder, _NAME)
        text = content.decode("utf-8-sig")
        assert value == (json.loads(text) if text.strip() else {})
