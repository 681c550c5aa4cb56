"""Outputs: named after their inputs, there when they are whole, and never before."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from byoml.local.transform.assembling import Output, inputs, output_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("by_line", "answers", "content"),
    [
        (False, [b"1\n2", b"3"], b"1\n23"),
        (True, [b"1\n2", b"3"], b"1\n2\n3\n"),
        (True, [b"1\n2\n", b"3\n"], b"1\n2\n3\n"),
        (True, [b""], b"\n"),
        (False, [b""], b""),
        (True, [], b""),
    ],
)
def test_answers_are_put_together(tmp_path: Path, by_line: bool, answers: list[bytes], content: bytes) -> None:  # noqa: FBT001
    """As they are, or with a newline after each that does not end in one: blank lines are nobody's answer."""
    output = Output(tmp_path / "deep/er/a.csv.out", by_line=by_line)
    for answer in answers:
        output.answer(io.BytesIO(answer))
    assert not output.path.exists()
    output.finish()
    assert output.path.read_bytes() == content
    assert list(output.path.parent.iterdir()) == [output.path]


def test_what_is_discarded_leaves_nothing(tmp_path: Path) -> None:
    """Neither a part nor what an earlier transform had written, which could be taken for this one's."""
    (tmp_path / "a.out").write_text("earlier")
    output = Output(tmp_path / "a.out", by_line=True)
    output.records([b"1", b"2"])
    output.discard()
    assert list(tmp_path.iterdir()) == []


def test_discarding_what_is_finished_keeps_it(tmp_path: Path) -> None:
    """A transform that is stopped keeps the files that were whole."""
    output = Output(tmp_path / "a.out", by_line=True)
    output.records([b"1"])
    output.finish()
    output.discard()
    assert (tmp_path / "a.out").read_bytes() == b"1\n"


def test_all_files_of_a_folder_are_inputs_but_those_of_the_output(tmp_path: Path) -> None:
    """In sub-folders too; the output keeps them."""
    for name in ("b.csv", "sub/a.csv", "out/b.csv.out"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    output = tmp_path / "out"
    files = inputs(tmp_path, output)
    assert files == [tmp_path / "b.csv", tmp_path / "sub/a.csv"]
    assert [output_of(file, tmp_path, output) for file in files] == [output / "b.csv.out", output / "sub/a.csv.out"]


def test_one_file_is_its_own_input(tmp_path: Path) -> None:
    """Its output has its name alone."""
    path = tmp_path / "deep/a.csv"
    path.parent.mkdir()
    path.write_text("1")
    assert inputs(path, tmp_path) == [path]
    assert output_of(path, path, tmp_path / "out") == tmp_path / "out/a.csv.out"
