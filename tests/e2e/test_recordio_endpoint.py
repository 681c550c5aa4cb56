"""An endpoint that is asked in RecordIO-protobuf, and answers in it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from byoml.codecs.recordio_protobuf import VALUES, Record, Tensor, read, write
from byoml.testing.container import Container

if TYPE_CHECKING:
    from pathlib import Path

_TYPE = "application/x-recordio-protobuf"
_SUMS = """\
import numpy as np
def model_fn(model_dir):
    return 10
def predict_fn(data, model):
    return np.nansum(data, axis=1) * model
"""


def test_rows_are_read_and_answered_as_records(tmp_path: Path) -> None:
    """Dense and sparse rows in one request; a broken one is the client's mistake, named by its record."""
    container = Container(tmp_path, {"BYOML_FRAMEWORK": "none"})
    container.write({"model/code/inference.py": _SUMS})
    stream = io.BytesIO()
    sparse = Tensor(np.array([5], np.float32), np.array([1], np.uint64), (3,))
    write(stream, [Record({VALUES: Tensor(np.array([1, 2, 3], np.float32))}), Record({VALUES: sparse})])
    with container.serve() as endpoint:
        answer = endpoint.invoke(stream.getvalue(), _TYPE, _TYPE)
        as_json = endpoint.invoke(stream.getvalue(), _TYPE, "application/json")
        broken = endpoint.invoke(stream.getvalue()[:-3], _TYPE, _TYPE)
    assert (answer.status, answer.headers["content-type"]) == (200, _TYPE)
    labels = [record.label[VALUES] for record in read(answer.body)]
    assert [label.values.tolist() for label in labels if isinstance(label, Tensor)] == [[60], [50]]
    assert as_json.json() == [60, 50]
    assert (broken.status, broken.json()["type"]) == (400, "MalformedPayload")
    assert "at row 2" in broken.json()["message"]
