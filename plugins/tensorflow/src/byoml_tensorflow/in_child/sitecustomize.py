"""Run by every Python of a job whose framework is TensorFlow, as its folder leads PYTHONPATH there, and by no other."""
# ruff: noqa: INP001  its folder leads PYTHONPATH, so it is no package

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

__all__: list[str] = []

try:
    from byoml_tensorflow import old_keras
except ImportError:  # another Python than byoml's, which a script has started
    pass
else:
    old_keras.answer_old_names()

# Python runs one sitecustomize.py, the first on the path; there may be one that would have run without ours.
_HERE = Path(__file__).resolve().parent
_found = PathFinder.find_spec("sitecustomize", [entry for entry in sys.path if Path(entry).resolve() != _HERE])
if _found is not None and _found.loader is not None:
    _next = module_from_spec(_found)
    sys.modules["sitecustomize"] = _next
    _found.loader.exec_module(_next)
