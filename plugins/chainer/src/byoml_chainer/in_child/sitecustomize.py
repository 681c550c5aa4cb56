"""Run by every Python of a Chainer job, where its folder leads PYTHONPATH, and by no other."""  # noqa: INP001

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

__all__: list[str] = []

try:
    from byoml_chainer import shim
except ImportError:  # another Python than byoml's, which a script has started
    pass
else:
    shim.apply_when_asked()

# Python runs one sitecustomize.py, the first on the path; there may be one that would have run without ours.
_HERE = Path(__file__).resolve().parent
_found = PathFinder.find_spec("sitecustomize", [entry for entry in sys.path if Path(entry).resolve() != _HERE])
if _found is not None and _found.loader is not None:
    _following = module_from_spec(_found)
    sys.modules["sitecustomize"] = _following
    _found.loader.exec_module(_following)
