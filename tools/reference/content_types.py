"""The page of the content types: core's codecs and their docstrings."""

from __future__ import annotations

import inspect

from reference.markdown import page

__all__ = ["content_types"]

_CONTENT_TYPES = """\
What core reads from the body of a request, and writes as its answer. A framework may read and write fewer; a plugin
brings more through [`byoml_register_codecs`](hooks.md#byoml_register_codecs). A body of a type that nothing reads is
answered with 415, an `Accept` that nothing writes with 406, before anything is predicted. A body that is not what its
type says is answered with 400, which names row and column where there are any; so is one that would take far more
memory than it has bytes. Pickles are never read.

`Accept` may be a list with weights and ranges: `text/csv;q=0.5, application/*`. The answer has one type of it, without
parameters. Of textual types `charset` is honoured; without it they are UTF-8."""


def content_types() -> str:
    """Make the page of core's codecs."""
    from byoml.plugin.builtin_codecs import byoml_register_codecs

    parts = ["# Content types", _CONTENT_TYPES]
    for codec in byoml_register_codecs():
        kind = type(codec)
        name, *others = (f"`{name}`" for name in kind.content_types)
        ways = "Reads and writes" if kind.encodes else "Reads only"
        also = f"; also called {', '.join(others)}" if others else ""
        doc = [inspect.cleandoc(line) for line in (inspect.getdoc(kind) or "").split("\n\n")]
        parts += [f"## {name}", f"{ways}{also}.", *doc]
    return page(parts)
