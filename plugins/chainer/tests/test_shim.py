"""Chainer finds what it asks for, in the processes that are for Chainer and in no other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import byoml_chainer
import pytest

_IN_CHILD = Path(byoml_chainer.__file__).parent / "in_child"


def python(code: str, path: str = "", flags: tuple[str, ...] = ("-W", "error")) -> str:
    """Run code in a Python of its own; gives what it prints."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, *flags, "-c", code],
        env={**kept, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_plugin_touches_nothing() -> None:
    """Every byoml command imports the plugin: numpy stays as it is, not even loaded, and no import is watched."""
    code = (
        "import sys; before = sys.meta_path[:]\n"
        "import byoml_chainer.hooks, byoml_chainer.train, byoml_chainer.library\n"
        "print('numpy' in sys.modules, 'pkg_resources' in sys.modules, sys.meta_path == before)"
    )

    assert python(code) == "False False True"


def test_a_python_of_a_job_pays_nothing_until_it_imports_chainer() -> None:
    """The job's PYTHONPATH prepares each Python without loading numpy; the first import of Chainer then works."""
    code = (
        "import sys\nprint('numpy' in sys.modules, end=' ')\n"
        "import numpy as np\nprint('sctypes' in vars(np), end=' ')\n"
        "import chainer\nprint('sctypes' in vars(np), chainer.__version__)"
    )
    numpy_has_it = python("import numpy as np; print('sctypes' in vars(np))")

    assert python(code, str(_IN_CHILD)) == f"False {numpy_has_it} True 7.8.1"


# As Python 3.12 and setuptools 82 are: without the two modules, whatever is installed here.
_GONE = """
import sys
from importlib.abc import MetaPathFinder
class Gone(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in ("pkg_resources", "numpy.distutils", "distutils"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Gone())
"""


def test_all_that_chainer_asks_for_is_there_even_where_none_of_it_is() -> None:
    """Its import, the one operation that uses numpy.float, and what its own test helpers import."""
    code = _GONE + (
        "from byoml_chainer import library, shim\n"
        "chainer = library.load()\n"
        "import numpy as np\n"
        "print(chainer.functions.resize_images(np.ones((1, 1, 2, 2), 'f'), (3, 3)).shape, end=' ')\n"
        "import pkg_resources\nprint(issubclass(pkg_resources.DistributionNotFound, pkg_resources.ResolutionError))"
    )

    assert python(code) == "(1, 1, 3, 3) True"


def test_what_is_there_stays() -> None:
    """A numpy that has its own names keeps them, and so does a module that can be imported."""
    code = (
        "import sys, types\nimport numpy as np\n"
        "mine = np.sctypes = {'int': [np.int64], 'float': []}\n"
        "sys.modules['pkg_resources'] = module = types.ModuleType('pkg_resources')\n"
        "from byoml_chainer import shim\nshim.apply(); shim.apply()\n"
        "print(np.sctypes is mine, sys.modules['pkg_resources'] is module)"
    )

    assert python(code) == "True True"


def test_another_sitecustomize_is_run_too(tmp_path: Path) -> None:
    """Python would run the first on its path alone; the image's own has its reasons."""
    (tmp_path / "sitecustomize.py").write_text("print('the other', __name__)\n")

    told = python(
        "import sitecustomize; print(sitecustomize.__file__)", os.pathsep.join([str(_IN_CHILD), str(tmp_path)])
    )

    assert told.splitlines() == ["the other sitecustomize", str(tmp_path / "sitecustomize.py")]


def test_a_python_without_the_plugin_starts_as_ever() -> None:
    """A script may start any Python, and hands it our path."""
    assert python("print('well')", str(_IN_CHILD), ("-S",)) == "well"
    bare = "import sys; sys.path[:] = [p for p in sys.path if 'site-packages' not in p]\nsys.meta_path[:] = "
    hidden = bare + "sys.meta_path[:]\nsys.modules['byoml_chainer'] = None\nimport runpy\n"

    assert python(f"{hidden}runpy.run_path({str(_IN_CHILD / 'sitecustomize.py')!r}); print('well')") == "well"


@pytest.mark.parametrize("asked", ["library.load()", "vgg.make_network(vgg.Facts((3, 8, 8), 2))"])
def test_without_chainer_the_error_is_the_command_that_installs_it(asked: str) -> None:
    """It has no wheel, and its build needs a constraint: nobody could guess."""
    code = (
        "import sys; sys.modules['chainer'] = None\n"
        "from byoml_chainer import errors, library, vgg\n"
        f"try:\n    {asked}\nexcept errors.ChainerMissingError as error:\n    print(error)"
    )

    told = python(code)

    command = "PIP_CONSTRAINT=build.txt PIP_BUILD_CONSTRAINT=build.txt pip install chainer==7.8.1"
    assert f"echo 'setuptools<81' > build.txt && {command}" in told
