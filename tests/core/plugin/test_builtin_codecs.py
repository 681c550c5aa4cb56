"""Core's own codecs, through the hook."""

from __future__ import annotations

import subprocess
import sys

from byoml.plugin import builtin_codecs
from byoml.plugin.manager import all_answers, make_manager


def test_the_codecs_of_core_are_registered_json_first() -> None:
    """The first is what `*/*` is answered with."""
    answers = dict(all_answers(make_manager({}, [builtin_codecs]), "byoml_register_codecs"))
    codecs = answers[builtin_codecs.__name__]
    types = ["application/json", "text/csv", "application/x-npy", "application/x-recordio-protobuf"]
    assert [codec.content_types[0] for codec in codecs] == types


def test_registering_loads_no_numpy_before_the_hook_is_called() -> None:
    """Only a process that serves pays for it."""
    code = "import sys; from byoml.plugin import builtin_codecs; print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
