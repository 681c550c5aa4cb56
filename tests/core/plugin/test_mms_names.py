"""The names that multi-model-server's context has."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest
from byoml.codecs import Codecs
from byoml.plugin.mms_names import AnyCase
from byoml.plugin.values import Context


def _context(folder: str = "/opt/ml/model") -> Context:
    return Context(Path(folder), Codecs([]), {"content-type": "text/csv", "x-mine": "1"}, "id")


def test_headers_are_found_in_any_case_and_listed_in_lower_case() -> None:
    """Functions spell them as clients send them."""
    context = _context()
    headers = context.get_all_request_header(0)
    assert (headers["X-Mine"], headers.get("Content-Type"), "CONTENT-TYPE" in headers) == ("1", "text/csv", True)
    assert (headers.get("X-None"), headers.get("X-None", "2"), "x-none" in headers) == (None, "2", False)
    assert json.loads(json.dumps(headers)) == {"content-type": "text/csv", "x-mine": "1"}
    with pytest.raises(KeyError, match="x-none"):
        AnyCase()["X-None"]
    assert (context.get_request_header(0, "X-MINE"), context.get_request_header(0, "x-none")) == ("1", None)


def test_what_is_said_of_the_answer_is_the_same_under_either_name() -> None:
    """Functions may mix them."""
    context = _context()
    context.set_response_status(202, "Accepted")
    context.set_response_header(0, "X-Mine", "2")
    assert context.get_response_content_type(0) is None
    context.set_header("Content-Type", "image/png")
    assert (context.answer_status, context.get_response_status(0)) == (202, (202, ""))
    assert context.get_response_headers(0) == {"X-Mine": "2", "Content-Type": "image/png"}
    assert context.get_response_content_type(0) == "image/png"
    context.set_all_response_status(404)
    assert context.answer_status == 404


def test_a_context_holds_one_request() -> None:
    """Whoever counts on a batch is told so, as by any list of one."""
    context = _context()
    assert context.get_request_id() == context.get_request_id(0) == "id"
    for call in (context.get_request_id, context.get_all_request_header, context.get_response_status):
        with pytest.raises(IndexError):
            call(1)
    with pytest.raises(IndexError):
        context.set_response_content_type(1, "text/csv")
    with pytest.raises(IndexError):
        context.metrics.add_counter("Rows", 1, 1)


@pytest.mark.parametrize(
    ("folder", "name"), [("/opt/ml/model", "model"), ("/opt/ml/models/a1b2/model", "a1b2"), ("/home/me/mine", "mine")]
)
def test_the_models_name_is_the_platforms_else_its_folders(folder: str, name: str) -> None:
    """Among many models the folder is always called `model`."""
    context = _context(folder)
    assert context.model_name == context.manifest["model"]["modelName"] == name


def test_a_metric_is_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """In the form that filters written for multi-model-server know."""
    metrics = _context().metrics
    with caplog.at_level(logging.INFO, "byoml.serving.metrics"):
        metrics.add_time("PredictionTime", 91.5)
        metrics.add_size("Body", 2, 0, "kB")
        metrics.add_percent("Full", 40)
        metrics.add_counter("Rows", 3, dimensions=["Kind:good"])
        metrics.add_error("Odd", 1)
    lines = [re.sub(r"hostname:.*,\d+,id$", "hostname:H", record.message) for record in caplog.records]
    about = "|#ModelName:model,Level:Model"
    assert lines == [
        f"PredictionTime.Milliseconds:91.5{about}|#hostname:H",
        f"Body.Kilobytes:2{about}|#hostname:H",
        f"Full.Percent:40{about}|#hostname:H",
        f"Rows.Count:3{about},Kind:good|#hostname:H",
        f"Odd.Count:1{about}|#hostname:H",
    ]
