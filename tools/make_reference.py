"""Write docs/reference from the code, or say where the two differ.

Usage: python tools/make_reference.py [--check] [PAGE ...]

Signatures, help texts, names and defaults come from the code; what a variable means is written by hand in its row of
docs/reference/environment-variables.md, and kept.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import inspect
import re
import subprocess
import sys
import sysconfig
import tempfile
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import click

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "core/byoml"
REFERENCE = ROOT / "docs/reference"
UNKNOWN = "(not described yet)"
_READ = re.compile(
    r"(BYOML|SAGEMAKER|TRAINING_JOB|STANDARD)(_[A-Z0-9]+)+|SM_STUDIO_LOCAL_MODE|CA_REPOSITORY_ARN|MAX_CONTENT_LENGTH"
)
_ROW = re.compile(r"\| `(\w+)` \|(?: `.*` \|)? ([^|]+) \|")
_WIDTH = 100

_HOOKS = """\
A plugin is a module named in the entry-point group `byoml`. Its functions marked `@hookimpl` (from `byoml.plugin`)
answer the hooks of the same name, and may leave out arguments that they do not need. No hook is called per request.
`BYOML_TRACE_PLUGINS=1` prints each call.

What belongs to one framework is no hook but a method of [`Framework`](../../core/byoml/plugin/framework.py), which
`byoml_register_framework` brings. [The journal plugin](../../examples/journal-plugin) uses most of the others."""
_CONTENT_TYPES = """\
What core reads from the body of a request, and writes as its answer. A framework may read and write fewer; a plugin
brings more through [`byoml_register_codecs`](hooks.md#byoml_register_codecs). A body of a type that nothing reads is
answered with 415, an `Accept` that nothing writes with 406, before anything is predicted. A body that is not what its
type says is answered with 400, which names row and column where there are any; so is one that would take far more
memory than it has bytes. Pickles are never read.

`Accept` may be a list with weights and ranges: `text/csv;q=0.5, application/*`. The answer has one type of it, without
parameters. Of textual types `charset` is honoured; without it they are UTF-8."""
_VARIABLES = """\
Where a hyperparameter says the same, the variable wins. `BYOML_` variables are byoml's own; the others are the
platform's."""
_EXAMPLES = """\
The examples are those of a job with one host, one channel, `train`, and one hyperparameter, `eta`. A name that no shell
takes, such as `SM_CHANNEL_MY-CH`, comes once as it is and once as `SM_CHANNEL_MY_CH`."""
_CONFORMANCE = """\
What a plugin must pass, in `byoml.testing.contract`: subclass a suite in your tests, give it the fixtures that it asks
for, and pytest runs its checks. [Write a plugin](../how-to/write-a-plugin.md#5-test-it) shows it whole.

A check of a capability that your framework does not declare is skipped. One that fails for now is named in your class,
with the reason; it must then fail, so that the line goes once it passes:

```python
class TestServing(FrameworkServingContract):
    known_failures = {"an_empty_body_is_400": "the library takes no rows for an answer; see its issue 12"}
```"""
_PROCESSING = """\
And, as a training script, those of hosts, CPUs and GPUs, `SM_LOG_LEVEL`, `SM_MODULE_DIR`, `SM_USER_ENTRY_POINT`,
`SM_USER_ARGS` and `SM_RESOURCE_CONFIG`. The examples are those of a job with one input, `raw`, and one output,
`clean`."""


def hooks() -> str:
    """Make the page of the hooks, in the order of hookspecs.py."""
    tree = ast.parse((CORE / "plugin/hookspecs.py").read_text("utf-8"))
    parts = ["# Hooks", _HOOKS]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            parts += [f"## {node.name}", _code("python", _signature(node)), *_hook_text(node)]
    return _page(parts)


def _signature(node: ast.FunctionDef) -> str:
    return f"@hookimpl\ndef {node.name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns or ast.Constant(None))}"


def _hook_text(node: ast.FunctionDef) -> list[str]:
    called, _, returns = (ast.get_docstring(node) or "").partition("; ")
    return [f"{called.rstrip('.')}.", *([f"{returns[:1].upper()}{returns[1:]}"] if returns else [])]


def cli() -> str:
    """Make the page of the commands: the help of each, without those of installed plugins."""
    from byoml.cli.root import make_root

    disabled = ",".join(entry.name for entry in entry_points(group="byoml"))
    root = make_root({"BYOML_DISABLED_PLUGINS": disabled})
    parts = ["# Commands", "Plugins may bring more: `byoml --help` lists what is installed."]
    for name, text in _helps("byoml", root):
        parts += [f"## {name}", _code("text", text)]
    for word in ("train", "serve"):
        script = Path(sysconfig.get_path("scripts")) / word
        told = subprocess.run([str(script), "--help"], capture_output=True, text=True, check=True).stdout
        parts += [f"## {word}", _code("text", told)]
    return _page(parts)


def _helps(name: str, command: click.Command, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    import click

    context = click.Context(
        command,
        info_name=name.rpartition(" ")[2],
        parent=parent,
        terminal_width=_WIDTH,
        help_option_names=["-h", "--help"],
    )
    yield name, command.get_help(context)
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            yield from _helps(f"{name} {below}", command.commands[below], context)


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
    return _page(parts)


def environment_variables() -> str:
    """Make the page of the variables: names and places from the code, meanings from the page as it is."""
    known = _meanings(REFERENCE / "environment-variables.md")
    written, processing = _written(), _written_for_processing()
    return _page(
        [
            "# Environment variables",
            _VARIABLES,
            "## What byoml reads",
            _table(("Variable", "Meaning"), ((name, known.get(name, UNKNOWN)) for name in sorted(_constants()))),
            "## What the training script gets",
            _EXAMPLES,
            _table(
                ("Variable", "Example", "Meaning"),
                ((name, f"`{written[name]}`", known.get(name, UNKNOWN)) for name in sorted(written)),
            ),
            "## What the processing script gets",
            _PROCESSING,
            _table(
                ("Variable", "Example", "Meaning"),
                ((name, f"`{processing[name]}`", known.get(name, UNKNOWN)) for name in sorted(processing)),
            ),
        ]
    )


def _meanings(page: Path) -> dict[str, str]:
    found = (_ROW.fullmatch(line) for line in page.read_text("utf-8").splitlines()) if page.is_file() else ()
    return {row[1]: row[2] for row in found if row}


def _constants() -> set[str]:
    """Find the variables that core names."""
    return {
        node.value
        for path in CORE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _READ.fullmatch(node.value)
    }


def _written() -> dict[str, str]:
    """Make the variables of a small job; long values are cut."""
    from byoml.environment.env_vars import training_variables
    from byoml.environment.training_env import TrainingEnv

    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        (base / "input/data/train").mkdir(parents=True)
        (base / "input/config").mkdir()
        (base / "input/config/hyperparameters.json").write_text('{"eta": "0.2"}', encoding="utf-8")
        env = TrainingEnv.read({"SAGEMAKER_BASE_DIR": folder, "TRAINING_JOB_NAME": "demo"})
        values = training_variables(env, "train.py", ["--eta", "0.2"])
    shown = {name: value.replace(folder, "/opt/ml") for name, value in values.items()}
    shown.update({name: "2" if name.endswith("CPUS") else "0" for name in shown if name.startswith("SM_NUM_")})
    return {name: _cut(value) for name, value in shown.items()}


def _written_for_processing() -> dict[str, str]:
    """Make the variables of a small processing job, without those that a training job has as well."""
    from byoml.environment.processing_env import ProcessingEnv
    from byoml.environment.processing_vars import processing_variables

    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        for name in ("input/raw", "output/clean"):
            (base / "processing" / name).mkdir(parents=True)
        env = ProcessingEnv.read({"SAGEMAKER_BASE_DIR": folder})
        values = processing_variables(env, env.paths.processing_code, "clean.py", [])
    shown = {name: value.replace(folder, "/opt/ml") for name, value in values.items() if "_PROCESSING_" in name}
    return {name: _cut(value) for name, value in shown.items()}


def _cut(text: str) -> str:
    longest = 60
    return (text if len(text) <= longest else text[:longest] + "...") or " "


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *((f"`{name}`", *rest) for name, *rest in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _code(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def _page(parts: Iterable[str]) -> str:
    head, *rest = parts
    note = "<!-- Written by tools/make_reference.py. -->"
    return "\n\n".join([head, note, *rest]) + "\n"


def conformance() -> str:
    """Make the page of the conformance suites: what each wants, checks and does not cover."""
    from byoml.testing.contract.suite import FrameworkSuite, Suite

    for path in sorted((CORE / "testing/contract").glob("*.py")):
        importlib.import_module(f"byoml.testing.contract.{path.stem}")
    suites = [each for each in (*Suite.__subclasses__(), *FrameworkSuite.__subclasses__()) if _checks(each)]
    parts = ["# Conformance suites", _CONFORMANCE]
    for suite in sorted(suites, key=lambda each: each.__name__):
        about = (inspect.getdoc(sys.modules[suite.__module__]) or "").split("\n", 1)[0]
        wants, _, fixtures = (inspect.getdoc(suite) or "").partition("\n\nArgs:\n")
        parts += [f"## {suite.__name__}", f"From `{suite.__module__}`. {about}", " ".join(wants.split())]
        parts += [_items(fixtures)] if fixtures else []
        parts += [_table(("Check", "What must hold"), ((name, _held(check)) for name, check in _checks(suite)))]
        parts += ["Not covered:", "\n".join(f"- {each};" for each in suite.not_covered).removesuffix(";") + "."]
    return _page(parts)


def _checks(suite: type) -> list[tuple[str, object]]:
    found = ((name, check) for name, check in vars(suite).items() if name.startswith("test_"))
    return [(name.removeprefix("test_"), check) for name, check in found]


def _held(check: object) -> str:
    return " ".join((inspect.getdoc(check) or "").split()).replace("|", "\\|")


def _items(fixtures: str) -> str:
    """Make a list of the arguments of a docstring."""
    joined = re.sub(r"\n {8,}", " ", fixtures)
    return "\n".join(f"- `{name}`: {text}" for name, text in re.findall(r"^ {4}(\w+): (.*)$", joined, re.MULTILINE))


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "conformance.md": conformance,
    "content-types.md": content_types,
    "environment-variables.md": environment_variables,
    "hooks.md": hooks,
}


def main(args: list[str]) -> int:
    """Write or check pages.

    Args:
        args: `--check` and the names of pages; all where none is named.

    Returns:
        0, or 1 where a checked page is not as it should be.
    """
    check = "--check" in args
    faults = 0
    for name in [arg for arg in args if arg != "--check"] or list(PAGES):
        page, text = REFERENCE / name, PAGES[name]()
        now = page.read_text("utf-8") if page.is_file() else ""
        if check:
            faults += _differs(name, now, text)
        else:
            page.write_text(text, encoding="utf-8")
    return 1 if faults else 0


def _differs(name: str, now: str, text: str) -> bool:
    difference = list(difflib.unified_diff(now.splitlines(), text.splitlines(), f"{name} as it is", "as it should be"))
    undescribed = [line for line in text.splitlines() if UNKNOWN in line]
    for line in [*difference, *(f"has no meaning: {line}" for line in undescribed)]:
        sys.stdout.write(line.rstrip("\n") + "\n")
    return bool(difference or undescribed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
