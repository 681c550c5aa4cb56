"""`byoml local transform`: a batch transform on this machine."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from byoml.cli import shared
from byoml.cli.shared import configure_log, settings_as_usage, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from byoml.local.transform.values import TransformResult

__all__ = ["transform"]

_ENDPOINT = ("model", "source", "entry_point", "framework", "env", "image")
_EXAMPLE = """\b
Example: predict each line of a file, and append the prediction to the line.
  byoml local transform out/model.tar.gz --input rows.csv --output predictions \\
      --content-type text/csv --accept text/csv --split Line --assemble Line --join Input
\b
Example: the first column is an id: it is not sent, and kept beside the prediction.
  byoml local transform out/model.tar.gz --input rows --output predictions \\
      --content-type text/csv --accept text/csv --split Line --assemble Line \\
      --input-filter '$[1:]' --join Input --output-filter '$[0,-1]'
"""


def _choice(name: str, choices: tuple[str, ...], text: str, default: str | None = "None") -> Callable[[Any], Any]:
    return click.option(name, type=click.Choice(choices), default=default, show_default=default is not None, help=text)


def _jsonpath(name: str, text: str) -> Callable[[Any], Any]:
    return click.option(name, metavar="JSONPATH", default="$", show_default=True, help=text)


@click.command(epilog=_EXAMPLE)
@click.argument("model", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--input", type=click.Path(path_type=Path, exists=True), required=True, help="A file, or a folder of files."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Gets a file <input>.out for each, in the same sub-folders.",
)
@click.option("--content-type", metavar="TYPE", help="What the input is, such as text/csv.")
@click.option("--accept", metavar="TYPE", help="What the output shall be, such as text/csv.")
@_choice("--split", ("Line", "None"), "Line: each line is a record; None: each file is.")
@_choice("--strategy", ("MultiRecord", "SingleRecord"), "Records in a request.  [default: the model's]", None)
@_choice("--assemble", ("Line", "None"), "Line: a newline ends each answer; None: nothing is added.")
@click.option(
    "--max-payload-mb",
    type=click.IntRange(0, 100),
    metavar="N",
    help="Largest request in MB; 0: no limit, sent in chunks.  [default: the model's]",
)
@click.option("--max-concurrent", type=click.IntRange(1), metavar="N", help="Requests at once.  [default: the model's]")
@_jsonpath("--input-filter", "What of each record is sent.")
@_jsonpath("--output-filter", "What of each answer, or joined record, is kept.")
@_choice("--join", ("Input", "None"), "Input: each record stands before its answer.")
@click.option(
    "--retries",
    type=click.IntRange(0, 3),
    metavar="N",
    default=3,
    show_default=True,
    help="How often a request that fails is sent again.",
)
@shared.source
@shared.entry_point
@shared.framework
@shared.env
@shared.image
@click.pass_obj
def transform(environ: Mapping[str, str], /, **options: Any) -> int:
    """Predict files with MODEL, a folder or a model.tar.gz, as a batch transform job does.

    A file that fails has no output, the others have theirs; then the exit code is 1 and the reason is printed.
    """
    from byoml.local.transform.job import transform as run
    from byoml.local.transform.values import TransformSpec
    from byoml.local.values import EndpointSpec

    configure_log(environ)
    endpoint = EndpointSpec(**{name: options.pop(name) for name in _ENDPOINT})
    with settings_as_usage():
        result = run(TransformSpec(endpoint, **options), environ, tell, _bar)
    return _report(result)


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """Show how far it is, to a person only."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    with click.progressbar(length=total, label="byoml: transforming", file=sys.stderr) as bar:
        yield bar.update


def _report(result: TransformResult) -> int:
    for path, error in result.failures:
        click.echo(f"byoml: no output for {path}: {error}", err=True)
    if result.outputs:
        tell(f"files written: {len(result.outputs)}")
    return 1 if result.failures else 0
