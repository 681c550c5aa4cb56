"""Names that scripts of 2020 know and Keras has removed since, answered in this process alone, with a warning.

Modules: `keras.layers.advanced_activations`, `keras.utils.vis_utils`, `keras.utils.np_utils`. Files of weights: Keras 3
wants `*.weights.h5`, see `old_weights`. Nothing is imported here before the script asks for it.
"""

from __future__ import annotations

import importlib.util
import sys
import warnings
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

__all__ = ["OldNameWarning", "answer_old_names"]

_KERAS = "keras"
#: Old modules, and where what they held is now.
_MOVED = {
    "keras.layers.advanced_activations": "keras.layers",
    "keras.utils.np_utils": "keras.utils",
    "keras.utils.vis_utils": "keras.utils",
}
_HELD = {
    "keras.layers.advanced_activations": ("ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax", "ThresholdedReLU"),
    "keras.utils.np_utils": ("normalize", "to_categorical"),
    "keras.utils.vis_utils": ("model_to_dot", "plot_model"),
}


class OldNameWarning(FutureWarning):
    """A script uses a name that Keras no longer has; FutureWarning, as Python shows that one by default.

    Args:
        old: As the script says it.
        new: What would be right.
    """

    def __init__(self, old: str, new: str) -> None:
        super().__init__(f"Keras no longer has {old}; byoml answers it with {new}, which is today's name")


def answer_old_names() -> None:
    """Answer old names from now on, in this process."""
    if not any(isinstance(finder, _OldModules) for finder in sys.meta_path):
        # The first sees Keras come; the last is asked for what nobody else has.
        sys.meta_path.insert(0, _Watcher())
        sys.meta_path.append(_OldModules())


class _OldModules(MetaPathFinder):
    """Finds old modules where Keras has none of the name."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, _OldModule()) if fullname in _MOVED else None


class _OldModule(Loader):
    """Fills an old module with what has moved."""

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        warnings.warn(OldNameWarning(name, _MOVED[name]), stacklevel=2)
        new = importlib.import_module(_MOVED[name])
        found = {held: getattr(new, held) for held in _HELD[name] if hasattr(new, held)}
        if "plot_model" in found:
            found["plot_model"] = _draws_if_it_can(found["plot_model"])
        vars(module).update(found)


def _draws_if_it_can(plot_model: Callable[..., Any]) -> Callable[..., Any]:
    def draw(*args: Any, **kwargs: Any) -> Any:
        """Draw a model; without pydot and graphviz there is no picture, which ends no training."""
        try:
            return plot_model(*args, **kwargs)
        except ImportError as error:
            warnings.warn(f"no picture of the model: {error}", RuntimeWarning, stacklevel=2)
            return None

    return draw


class _Watcher(MetaPathFinder):
    """Sees Keras come once, and has its names of weight files widened when it is there."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _KERAS or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        found = importlib.util.find_spec(fullname)
        if found is not None and found.loader is not None:
            found.loader = _Widened(found.loader)
        return found


class _Widened(Loader):
    """Loads Keras, then changes it.

    Args:
        loader: Keras's own.
    """

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._loader.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        from byoml_tensorflow.old_weights import widen

        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        widen(module)
