"""Write dockerfiles/: an image for byoml alone and one for each framework, by the words of `byoml image dockerfile`.

    python tools/make_dockerfiles.py            write them
    python tools/make_dockerfiles.py --check    tell whether they are what would be written
    python tools/make_dockerfiles.py --lock     resolve the versions anew first (needs uv and an index)

Each builds from the folder dockerfiles/, whose byoml/ and wheels/ `make image-wheels` fills.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path

from byoml.image.dockerfile import text
from byoml.image.plan import Plan
from byoml.plugin import ImageRecipe

_ROOT = Path(__file__).resolve().parent.parent
_FOLDER = _ROOT / "dockerfiles"
_LOCK = "requirements.lock"
_PYTHON = "3.11"
# What only PyTorch's CUDA build asks for; the image has the CPU build, from wheels/.
_GPU = ("cuda-", "nvidia-", "triton")


def main() -> int:
    """Write, lock or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 where a file would change")
    parser.add_argument("--lock", action="store_true", help="resolve the versions anew")
    options = parser.parse_args()
    stale = []
    for name, recipe in _recipes().items():
        file = _FOLDER / name / "Dockerfile"
        if not options.check:
            file.parent.mkdir(parents=True, exist_ok=True)
        if options.lock:
            _lock(name, recipe, file.with_name(_LOCK))
        words = text(_plan(name, recipe), f"byoml {'alone' if name == 'base' else f'with {name}'}; {_HOW.format(name)}")
        if not file.is_file() or file.read_text() != words:
            stale.append(str(file.relative_to(_ROOT)))
            if not options.check:
                file.write_text(words)
    if stale:
        print(f"{'not as they would be written' if options.check else 'written'}: {', '.join(stale)}")
    return 1 if stale and options.check else 0


_HOW = "written by tools/make_dockerfiles.py. `docker build -f dockerfiles/{0}/Dockerfile dockerfiles`"


def _recipes() -> dict[str, ImageRecipe]:
    recipes = {"base": ImageRecipe()}
    for hooks in sorted((_ROOT / "plugins").glob("*/src/*/hooks.py")):
        # From the tree: a plugin says what it needs without its framework being installed.
        sys.path.insert(0, str(hooks.parent.parent))
        framework = import_module(f"{hooks.parent.name}.hooks").byoml_register_framework()
        recipes[framework.name] = framework.image()
    return recipes


def _plan(name: str, recipe: ImageRecipe) -> Plan:
    own = ("byoml",) if name == "base" else ("byoml", f"byoml-{name}")
    return Plan(
        base_image=recipe.base or Plan().base_image,
        apt_packages=recipe.apt_packages,
        requirement_files=(f"{name}/{_LOCK}",),
        build_constraints=recipe.build_constraints,
        wheels=True,
        own=own,
    )


def _lock(name: str, recipe: ImageRecipe, lock: Path) -> None:
    # In script mode the SDKs leave the code on S3.
    ours = ["byoml[s3]", *recipe.requirements]
    foreign: list[str] = []
    while ours:
        project, extras = _ours(ours.pop())
        wanted = _requires(project, extras)
        ours += [line for line in wanted if line.startswith("byoml[")]
        foreign += [line for line in wanted if not line.startswith("byoml")]
    command = ["uv", "pip", "compile", "--quiet", "--python-version", _PYTHON, "--no-header", "--no-annotate", "-"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        constraints.write("\n".join(recipe.build_constraints))
        constraints.flush()
        # pip before 25.3 knows one kind of constraints, which hold for builds and for what is installed.
        command += [word for kind in ("--build-constraints", "--constraints") for word in (kind, constraints.name)]
        command += ["--constraints", str(_FOLDER / "constraints.txt")]
        ended = subprocess.run(command, input="\n".join(foreign), text=True, capture_output=True, check=False)
    if ended.returncode:
        sys.exit(f"uv could not resolve what the image {name} needs:\n{ended.stderr}")
    pins = [line for line in ended.stdout.splitlines() if line and not line.startswith(("--", " ", *_GPU))]
    lock.write_text("# Written by tools/make_dockerfiles.py --lock\n" + "\n".join(pins) + "\n")


def _ours(requirement: str) -> tuple[Path, list[str]]:
    """Find the project and the extras of a distribution of ours, such as `byoml-chainer[mpi]>=0.1`."""
    found = re.match(r"byoml(?:-(\w+))?(?:\[([\w,]+)\])?", requirement)
    if found is None:
        sys.exit(f"{requirement!r} is none of this repository's distributions")
    folder = _ROOT / "plugins" / found[1] if found[1] else _ROOT
    return folder / "setup.cfg", (found[2] or "").split(",") if found[2] else []


def _requires(setup: Path, extras: list[str]) -> list[str]:
    config = ConfigParser()
    config.read(setup)
    groups = [config["options"]["install_requires"], *(config["options.extras_require"][name] for name in extras)]
    return [line for group in groups for line in group.split("\n") if line.strip() and not line.startswith("#")]


if __name__ == "__main__":
    sys.exit(main())
