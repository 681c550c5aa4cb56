"""What an extra brings is loaded when it is needed, and its absence is said."""

from __future__ import annotations

import subprocess
import sys

import pytest
from byoml.codecs.extras import ExtraNeeded, load
from byoml.request_errors import UnsupportedContentType


def test_a_library_that_is_there_is_loaded() -> None:
    """With the module that was named."""
    assert load("xml.dom", "text/x-any", "xml").__name__ == "xml.dom"


def test_a_library_that_is_absent_is_415_and_names_the_extra() -> None:
    """The type of the answer is that of any content type that is not read."""
    with pytest.raises(
        ExtraNeeded, match=r"cannot read 'a/b' without no_such_library,.*`pip install byoml\[some\]`"
    ) as caught:
        load("no_such_library.part", "a/b", "some")
    assert isinstance(caught.value, UnsupportedContentType)
    assert (caught.value.status, caught.value.type) == (415, "UnsupportedContentType")


@pytest.mark.parametrize(
    ("content_type", "library", "extra"),
    [
        ("application/x-parquet", "pyarrow", "parquet"),
        ("application/x-parquet", "pandas", "parquet"),
        ("image/png", "PIL", "images"),
        ("image/jpeg", "PIL", "images"),
    ],
)
def test_codecs_of_extras_say_what_they_miss(content_type: str, library: str, extra: str) -> None:
    """In a process in which the library cannot be imported."""
    code = f"""
import sys
sys.modules[{library!r}] = None  # as if it were not installed
from byoml.codecs import Codecs
from byoml.plugin.builtin_codecs import byoml_register_codecs
try:
    Codecs(("core", codec) for codec in byoml_register_codecs()).decode(b"", {content_type!r})
except Exception as error:
    print(error.status, error)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.startswith("415 cannot read")
    assert f"pip install byoml[{extra}]" in told


def test_registering_loads_none_of_them() -> None:
    """A server that never gets an image pays nothing for Pillow."""
    code = """
import sys
from byoml.plugin.builtin_codecs import byoml_register_codecs
byoml_register_codecs()
print({"pandas", "pyarrow", "PIL", "scipy"} & set(sys.modules))
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
