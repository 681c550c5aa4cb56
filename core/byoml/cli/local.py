"""`byoml local`: a whole job or an endpoint on this machine, with neither Docker nor an AWS account."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from byoml.cli.rest import WithRest, rest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from byoml.local.values import JobResult, ProcessResult

__all__ = ["local"]

_TRAIN_EXAMPLE = """\b
Example: a script of your own that reads SM_CHANNEL_TRAIN and writes SM_MODEL_DIR.
  byoml local train --source src --entry-point train.py \\
      --channel train=data/train.csv --hp epochs=3 --output out
\b
Example: the built-in algorithm of a plugin, without any script.
  byoml local train --framework xgboost --channel train=data --hp num_round=50 --output out
\b
Where the system allows it the tree is mounted at /opt/ml, for the job alone; BYOML_LOCAL_MOUNT=never does without.
"""
_PROCESS_EXAMPLE = """\b
Example: a script of your own that reads SM_PROCESSING_INPUT_RAW and writes SM_PROCESSING_OUTPUT_CLEAN.
  byoml local process clean.py --source src --input raw=data --output clean=out -- --rows 1000
\b
What follows -- goes to the script. Files in the output folders are replaced by new ones of the same name; nothing
else there is touched.
"""
_SERVE_EXAMPLE = """\b
Example:
  byoml local serve out/model.tar.gz --source src --port 8080
  curl --data-binary @rows.csv --header 'Content-Type: text/csv' http://127.0.0.1:8080/invocations
"""


class _Pair(click.ParamType[tuple[str, str]]):
    """One KEY=VALUE; all after the first `=` is the value."""

    def __init__(self, form: str) -> None:
        self.name = form

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        key, equals, rest = str(value).partition("=")
        if not key or not equals:
            self.fail(f"{value!r} is not of the form {self.name}", param, ctx)
        return key, rest


class _Pairs(click.Option):
    """An option given once for each key; the same key twice is an error."""

    def process_value(self, ctx: click.Context, value: Any) -> dict[str, str]:
        pairs: Sequence[tuple[str, str]] = super().process_value(ctx, value) or ()
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise click.BadParameter(f"{twice[0]!r} is given twice", ctx, self)
        return dict(pairs)


def _pairs(name: str, form: str, text: str) -> Callable[[Any], Any]:
    return click.option(name, cls=_Pairs, type=_Pair(form), multiple=True, metavar=form, help=text)


_source = click.option(
    "--source",
    type=click.Path(path_type=Path, exists=True),
    help="Folder (or tar.gz) with your code; it is copied, without .git, .venv and caches.",
)
_entry_point = click.option(
    "--entry-point",
    metavar="FILE",
    help="Your program, relative to --source; without --source a file, which alone is copied.",
)
_framework = click.option("--framework", metavar="NAME", help="Plugin to use, or none; `byoml plugins` lists them.")
_hosts = click.option(
    "--hosts", type=click.IntRange(1, 254), default=1, show_default=True, help="How many hosts take part."
)
_env = _pairs("--env", "KEY=VALUE", "Environment variable of the container; wins over all others. Repeat for more.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def local() -> None:
    """Run a job or an endpoint on this machine, exactly as its container would."""


@local.command(epilog=_TRAIN_EXAMPLE)
@_source
@_entry_point
@_framework
@_pairs("--channel", "NAME=PATH", "Training input: a folder or a file, found at SM_CHANNEL_<NAME>. Repeat for more.")
@_pairs("--hp", "KEY=VALUE", "Hyperparameter; sent as text, as the platform does. Repeat for more.")
@_hosts
@_env
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Gets model/, model.tar.gz, output/, metrics.jsonl and logs/<host>.log; only an earlier result there is replaced.",
)
@click.pass_obj
def train(environ: Mapping[str, str], /, **options: Any) -> int:
    """Run a whole training job: the tree of /opt/ml, `train` on each host, the model packed.

    Ends with your program's exit code; where it failed, the reason is printed and lies in output/failure.
    """
    from byoml.child import Stopped
    from byoml.errors import SettingError
    from byoml.local.job import train as run
    from byoml.local.values import JobSpec

    _configure_log(environ)
    spec = JobSpec(
        output=options["output"],
        source=options["source"],
        entry_point=options["entry_point"],
        framework=options["framework"],
        channels={name: Path(path) for name, path in options["channel"].items()},
        hyperparameters=options["hp"],
        hosts=options["hosts"],
        env=options["env"],
    )
    try:
        result = run(spec, environ, _tell)
    except Stopped as stopped:
        return stopped.exit_code
    except SettingError as error:
        raise click.UsageError(str(error)) from None
    return _report(result)


@local.command(epilog=_SERVE_EXAMPLE)
@click.argument("model", type=click.Path(path_type=Path, exists=True))
@_source
@_entry_point
@_framework
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Where to listen; 0: a free port."
)
@_env
@click.pass_obj
def serve(environ: Mapping[str, str], /, **options: Any) -> int:
    """Serve MODEL, a folder or a model.tar.gz, until Ctrl-C; prints the URL once it is ready."""
    from byoml.errors import SettingError
    from byoml.local.endpoint import serve as run
    from byoml.local.values import EndpointSpec

    _configure_log(environ)
    try:
        return run(EndpointSpec(**options), environ, _announce, _tell)
    except SettingError as error:
        raise click.UsageError(str(error)) from None


@local.command(cls=WithRest, epilog=_PROCESS_EXAMPLE, options_metavar="[SCRIPT] [OPTIONS] [-- ARG...]")
@click.argument("script", required=False, metavar="")
@_source
@_framework
@_hosts
@_env
@_pairs("--input", "NAME=PATH", "Input: a folder or a file, found at SM_PROCESSING_INPUT_<NAME>. Repeat for more.")
@_pairs("--output", "NAME=DIR", "Output: what is written to SM_PROCESSING_OUTPUT_<NAME> goes to DIR. Repeat for more.")
@click.pass_context
def process(ctx: click.Context, /, **options: Any) -> int:
    """Run a processing job: the tree of /opt/ml/processing, `processing` on each host.

    SCRIPT is relative to --source; without --source a file, which alone is copied. Ends with your program's exit code.
    """
    from byoml.child import Stopped
    from byoml.errors import SettingError
    from byoml.local.process import process as run
    from byoml.local.values import ProcessSpec

    environ: Mapping[str, str] = ctx.obj
    _configure_log(environ)
    inputs, outputs = ({name: Path(path) for name, path in options.pop(key).items()} for key in ("input", "output"))
    spec = ProcessSpec(**options, args=rest_of(ctx), inputs=inputs, outputs=outputs)
    try:
        result = run(spec, environ, _tell)
    except Stopped as stopped:
        return stopped.exit_code
    except SettingError as error:
        raise click.UsageError(str(error)) from None
    return _report_processing(result)


def _configure_log(environ: Mapping[str, str]) -> None:
    from byoml import log

    log.configure(log.level_number(environ.get("SAGEMAKER_CONTAINER_LOG_LEVEL")))


def _tell(line: str) -> None:
    """Show what happens now, to a person only."""
    if sys.stderr.isatty():
        click.echo(f"byoml: {line} ...", err=True)


def _announce(url: str) -> None:
    # Flushed line by line: a program may wait for it.
    click.echo(f"serving at {url}; try: curl --data-binary @FILE --header 'Content-Type: text/csv' {url}/invocations")


def _report(result: JobResult) -> int:
    if result.exit_code:
        reason = (result.failure or "no reason was written; the logs may tell").rstrip()
        click.echo(f"byoml: the job ended with exit code {result.exit_code}; {result.output_dir}/failure:", err=True)
        click.echo(reason, err=True)
    elif result.artifact:
        _tell(f"the model is in {result.artifact}")
    return result.exit_code


def _report_processing(result: ProcessResult) -> int:
    if result.exit_code:
        click.echo(f"byoml: the job ended with exit code {result.exit_code}", err=True)
    if result.message:
        click.echo(result.message.rstrip(), err=True)
    for name in result.undeclared:
        click.echo(f"byoml: processing/output/{name} is dropped: no --output {name}=DIR names it", err=True)
    return result.exit_code
