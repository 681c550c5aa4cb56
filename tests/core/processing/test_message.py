"""The exit message is UTF-8 within what the platform reads of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.processing.message import make_readable
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

_LIMIT = 1024


@pytest.mark.parametrize("message", ["", "fine", "ä" * 512, "x" * 5000, "ä" * 512 + "€"])
def test_a_message_that_the_platform_can_read_stays_as_it_is(tmp_path: Path, message: str) -> None:
    """Also one that it will cut, where the cut breaks no character."""
    path = tmp_path / "message"
    path.write_text(message, encoding="utf-8")
    make_readable(path)
    assert path.read_text("utf-8") == message


def test_a_character_that_crosses_the_limit_is_dropped(tmp_path: Path) -> None:
    """It would make the whole job fail."""
    path = tmp_path / "message"
    path.write_text("x" * 1022 + "€ and more", encoding="utf-8")
    make_readable(path)
    assert path.read_text("utf-8") == "x" * 1022


@given(st.binary(max_size=40), st.integers(0, 1100))
def test_any_bytes_become_utf8_within_the_limit(tmp_path_factory: pytest.TempPathFactory, part: bytes, at: int) -> None:
    """Whatever a program writes, and wherever the limit falls."""
    path = tmp_path_factory.mktemp("any") / "message"
    path.write_bytes(b"x" * at + part)
    make_readable(path)
    path.read_bytes()[:_LIMIT].decode()


def test_no_message_makes_none(tmp_path: Path) -> None:
    """An empty exit message would look as if somebody had nothing to say."""
    make_readable(tmp_path / "output/message")
    assert list(tmp_path.iterdir()) == []
