"""`byoml local`: a whole job or an endpoint on this machine, with neither Docker nor an AWS account."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from byoml.cli import shared
from byoml.cli.pairs import pairs
from byoml.cli.rest import WithRest, rest_of
from byoml.cli.shared import configure_log, settings_as_usage, tell
from byoml.cli.transform import transform

if TYPE_CHECKING:
    from collections.abc import Mapping
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
\b
With --reload a change of the source (or of the entry point, or of the code in MODEL) is loaded by a new server, which
takes over once it is ready; until then the old one answers. Code that cannot be loaded is told, and changes nothing.
"""


_hosts = click.option(
    "--hosts", type=click.IntRange(1, 254), default=1, show_default=True, help="How many hosts take part."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def local() -> None:
    """Run a job or an endpoint on this machine, exactly as its container would."""


local.add_command(transform)


@local.command(epilog=_TRAIN_EXAMPLE)
@shared.source
@shared.entry_point
@shared.framework
@pairs("--channel", "NAME=PATH", "Training input: a folder or file, found at SM_CHANNEL_<NAME>. Repeat for more.")
@pairs("--hp", "KEY=VALUE", "Hyperparameter; sent as text, as the platform does. Repeat for more.")
@_hosts
@shared.env
@shared.image
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Gets model/, model.tar.gz, output/, metrics.jsonl, logs/<host>.log; only an earlier result is replaced.",
)
@click.pass_obj
def train(environ: Mapping[str, str], /, **options: Any) -> int:
    """Run a whole training job: the tree of /opt/ml, `train` on each host, the model packed.

    Ends with your program's exit code; where it failed, the reason is printed and lies in output/failure.
    """
    from byoml.local.job import train as run
    from byoml.local.values import JobSpec

    configure_log(environ)
    spec = JobSpec(
        output=options["output"],
        source=options["source"],
        entry_point=options["entry_point"],
        framework=options["framework"],
        channels={name: Path(path) for name, path in options["channel"].items()},
        hyperparameters=options["hp"],
        hosts=options["hosts"],
        env=options["env"],
        image=options["image"],
    )
    with settings_as_usage():
        result = run(spec, environ, tell)
    return _report(result)


@local.command(epilog=_SERVE_EXAMPLE)
@click.argument("model", type=click.Path(path_type=Path, exists=True))
@shared.source
@shared.entry_point
@shared.framework
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Where to listen; 0: a free port."
)
@click.option("--reload", is_flag=True, help="Serve your code anew when a file of it changes; see below.")
@shared.env
@shared.image
@click.pass_obj
def serve(environ: Mapping[str, str], /, **options: Any) -> int:
    """Serve MODEL, a folder or a model.tar.gz, until Ctrl-C; prints the URL once it is ready."""
    from byoml.local import endpoint, reloading
    from byoml.local.values import EndpointSpec

    configure_log(environ)
    run = reloading.serve if options.pop("reload") else endpoint.serve
    with settings_as_usage():
        return run(EndpointSpec(**options), environ, _announce, tell)


@local.command(cls=WithRest, epilog=_PROCESS_EXAMPLE, options_metavar="[SCRIPT] [OPTIONS] [-- ARG...]")
@click.argument("script", required=False, metavar="")
@shared.source
@shared.framework
@_hosts
@shared.env
@shared.image
@pairs("--input", "NAME=PATH", "Input: a folder or a file, found at SM_PROCESSING_INPUT_<NAME>. Repeat for more.")
@pairs("--output", "NAME=DIR", "Output: what is written to SM_PROCESSING_OUTPUT_<NAME> goes to DIR. Repeat for more.")
@click.pass_context
def process(ctx: click.Context, /, **options: Any) -> int:
    """Run a processing job: the tree of /opt/ml/processing, `processing` on each host.

    SCRIPT is relative to --source; without --source a file, which alone is copied. Ends with your program's exit code.
    """
    from byoml.local.process import process as run
    from byoml.local.values import ProcessSpec

    environ: Mapping[str, str] = ctx.obj
    configure_log(environ)
    inputs, outputs = ({name: Path(path) for name, path in options.pop(key).items()} for key in ("input", "output"))
    spec = ProcessSpec(**options, args=rest_of(ctx), inputs=inputs, outputs=outputs)
    with settings_as_usage():
        result = run(spec, environ, tell)
    return _report_processing(result)


def _announce(url: str) -> None:
    # Flushed line by line: a program may wait for it.
    click.echo(f"serving at {url}; try: curl --data-binary @FILE --header 'Content-Type: text/csv' {url}/invocations")


def _report(result: JobResult) -> int:
    if result.exit_code:
        reason = (result.failure or "no reason was written; the logs may tell").rstrip()
        click.echo(f"byoml: the job ended with exit code {result.exit_code}; {result.output_dir}/failure:", err=True)
        click.echo(reason, err=True)
    elif result.artifact:
        tell(f"the model is in {result.artifact}")
    return result.exit_code


def _report_processing(result: ProcessResult) -> int:
    if result.exit_code:
        click.echo(f"byoml: the job ended with exit code {result.exit_code}", err=True)
    if result.message:
        click.echo(result.message.rstrip(), err=True)
    for name in result.undeclared:
        click.echo(f"byoml: processing/output/{name} is dropped: no --output {name}=DIR names it", err=True)
    return result.exit_code
