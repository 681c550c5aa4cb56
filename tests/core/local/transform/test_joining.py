"""Filters and joins: what is sent of records, and what is kept of them and their answers."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from byoml.errors import SettingError
from byoml.local.transform.errors import AnswersMismatchError, BadRecordError, UnjoinableError
from byoml.local.transform.joining import Joiner
from byoml.local.transform.sending import Response
from byoml.local.transform.splitting import Span, split
from byoml.local.transform.values import TransformSpec
from byoml.local.values import EndpointSpec


def _joiner(**options: Any) -> Joiner:
    said = {"content_type": "text/csv", "split": "Line", **options}
    return Joiner.of(TransformSpec(EndpointSpec(Path("m")), Path("i"), Path("o"), **said))


def _span(folder: Path, content: bytes, *, by_line: bool = True) -> Span:
    path = folder / "input"
    path.write_bytes(content)
    (span,) = split(path, by_line=by_line, several=True, limit=0)
    return span


def _sent(joiner: Joiner, span: Span) -> bytes | None:
    body = joiner.filtered(span)
    if body is None:
        return None
    with body:
        body.seek(0)
        return body.read()


def _kept(joiner: Joiner, span: Span, answer: bytes, content_type: str | None = "text/csv") -> list[bytes]:
    return list(joiner.lines(span, Response(io.BytesIO(answer), content_type)))


def test_what_is_not_filtered_is_sent_as_it_lies(tmp_path: Path) -> None:
    """Nothing is read, so nothing can be refused."""
    assert _sent(_joiner(), _span(tmp_path, b'a"b\n')) is None


def test_the_input_filter_chooses_of_each_record(tmp_path: Path) -> None:
    """Of CSV cells, of JSON lines and of a whole JSON document."""
    assert _sent(_joiner(input_filter="$[1:]"), _span(tmp_path, b'a,1,"x,y"\nb,2,z')) == b'1,"x,y"\n2,z\n'
    lines = _joiner(content_type="application/jsonlines", input_filter="$.features")
    assert _sent(lines, _span(tmp_path, b'{"id":1,"features":[1,2]}\n')) == b"[1,2]\n"
    document = _joiner(content_type="application/json", split="None", input_filter="$.features")
    assert _sent(document, _span(tmp_path, b'{"id": 1,\n "features": [1, 2]}\n', by_line=False)) == b"[1,2]"


def test_a_row_gets_the_cells_of_its_answer(tmp_path: Path) -> None:
    """The whole row, whatever of it was sent; the output filter chooses of both."""
    span = _span(tmp_path, b"a,1\r\nb,2\n")
    assert _kept(_joiner(join="Input", input_filter="$[1:]"), span, b"0.1\n0.2\n") == [b"a,1,0.1", b"b,2,0.2"]
    assert _kept(_joiner(join="Input", output_filter="$[0,-1]"), span, b"0.1\n0.2") == [b"a,0.1", b"b,0.2"]


def test_an_object_gets_an_attribute_and_all_else_becomes_an_object(tmp_path: Path) -> None:
    """As the platform names them."""
    joiner = _joiner(content_type="application/jsonlines", join="Input")
    span = _span(tmp_path, b'{"id":1}\n[3,4]\n')
    assert _kept(joiner, span, b'{"p":0.5}\n0.7\n', "application/jsonlines") == [
        b'{"id":1,"SageMakerOutput":{"p":0.5}}',
        b'{"SageMakerInput":[3,4],"SageMakerOutput":0.7}',
    ]
    chosen = _joiner(content_type="application/jsonlines", join="Input", output_filter="$['id','SageMakerOutput']")
    span = _span(tmp_path, b'{"id":1,"x":2}\n')
    assert _kept(chosen, span, b"[\n0.5\n]\n", "application/json") == [b'{"id":1,"SageMakerOutput":[0.5]}']


def test_without_a_join_the_output_filter_chooses_of_the_answer(tmp_path: Path) -> None:
    """Whatever the input is, as nobody needs to read it."""
    joiner = _joiner(content_type="image/png", split="None", output_filter="$.label")
    span = _span(tmp_path, b"\x89PNG", by_line=False)
    assert _kept(joiner, span, b'{"label":\n"cat"}', "application/json") == [b'"cat"']


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"0.1\n", "1 line answer 3 records"),
        (b"", "0 lines answer 3 records"),
        (b"1\n2\n3\n4\n", "4 lines answer 3 records"),
        (b"0.1,0.2,0.3\n", "1 line answer 3 records"),
    ],
)
def test_an_answer_that_has_not_one_line_a_record_cannot_be_joined(tmp_path: Path, answer: bytes, says: str) -> None:
    """By position alone it is known what belongs to what."""
    span = _span(tmp_path, b"a\nb\nc\n")
    with pytest.raises(AnswersMismatchError, match=f"input, records 1 to 3: {says}"):
        _kept(_joiner(join="Input"), span, answer)


def test_what_cannot_be_read_is_named_with_file_and_record(tmp_path: Path) -> None:
    """Of the input, of the answer, and of what a filter looks for."""
    with pytest.raises(BadRecordError, match=r"input, record 2: cell 1 has a bare quote"):
        _sent(_joiner(input_filter="$[0]"), _span(tmp_path, b'a,b\na"b,c\n'))
    span = _span(tmp_path, b"a\nb\n")
    with pytest.raises(BadRecordError, match=r"input, the answer to record 2: cell 1 has a bare quote"):
        _kept(_joiner(join="Input"), span, b'1\nsay "x"\n')
    with pytest.raises(BadRecordError, match=r"input, record 1: there is no element \[3\], but 2 elements"):
        _kept(_joiner(join="Input", output_filter="$[3]"), span, b"1\n2\n")


def test_only_like_is_joined_to_like(tmp_path: Path) -> None:
    """An answer of another form, or of none, says which would do."""
    span = _span(tmp_path, b"a\n")
    with pytest.raises(UnjoinableError, match=r"is application/json; to be filtered or joined it must be text/csv$"):
        _kept(_joiner(join="Input"), span, b"1\n", "application/json")
    with pytest.raises(UnjoinableError, match="has no content type"):
        _kept(_joiner(join="Input"), span, b"1\n", None)


@pytest.mark.parametrize("options", [{"join": "Input"}, {"input_filter": "$[1:]"}])
@pytest.mark.parametrize("content_type", [None, "text/libsvm"])
def test_an_input_that_cannot_be_read_is_refused_before_anything_is_sent(options: Any, content_type: Any) -> None:
    """The option that would say what it is is named."""
    with pytest.raises(UnjoinableError, match=r"--content-type.*text/csv or application/jsonlines or application/json"):
        _joiner(content_type=content_type, **options)


@pytest.mark.parametrize("option", ["input_filter", "output_filter"])
def test_a_filter_that_is_none_is_refused(option: str) -> None:
    """By the option's name."""
    with pytest.raises(SettingError, match="--" + option.replace("_", "-")):
        _joiner(**{option: "features"})
