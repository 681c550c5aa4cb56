"""Core's own codecs, through the hook."""

from __future__ import annotations

import subprocess
import sys

import pytest
from byoml.codecs import Codecs
from byoml.plugin import builtin_codecs
from byoml.plugin.manager import all_answers, make_manager
from byoml.request_errors import UnsupportedContentType


def test_the_codecs_of_core_are_registered_json_first() -> None:
    """The first is what `*/*` is answered with."""
    answers = dict(all_answers(make_manager({}, [builtin_codecs]), "byoml_register_codecs"))
    codecs = answers[builtin_codecs.__name__]
    assert [codec.content_types[0] for codec in codecs] == [
        "application/json",
        "application/jsonlines",
        "text/csv",
        "text/libsvm",
        "application/x-parquet",
        "application/x-npy",
        "application/x-npz",
        "application/x-recordio-protobuf",
        "image/png",
        "text/plain",
        "application/octet-stream",
    ]


def test_no_codec_reads_pickles() -> None:
    """Whoever reads them runs what their senders want."""
    codecs = Codecs(("core", codec) for codec in builtin_codecs.byoml_register_codecs())
    assert [name for name in codecs.decodable if "pickle" in name] == []
    with pytest.raises(UnsupportedContentType, match="'application/pickle'"):
        codecs.decode(b"", "application/pickle")


def test_text_ranges_are_answered_with_csv_and_all_others_with_json() -> None:
    """The first of core's codecs that a range matches."""
    codecs = Codecs(("core", codec) for codec in builtin_codecs.byoml_register_codecs())
    chosen = [codecs.choose(accept) for accept in ("*/*", "application/*", "text/*", "text/html, */*;q=0.1")]
    assert chosen == ["application/json", "application/json", "text/csv", "application/json"]


def test_registering_loads_no_numpy_before_the_hook_is_called() -> None:
    """Only a process that serves pays for it."""
    code = "import sys; from byoml.plugin import builtin_codecs; print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
