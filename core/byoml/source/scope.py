"""The modules of one model among many in one process: two models with the same file names never meet (M-9).

Each scope is a package with a name of its own. What its modules import is looked for in the model's code first, then
where everything is, then in the model's own packages; what the model's folders have is imported into that package.
"""

from __future__ import annotations

import builtins
import importlib
import sys
import threading
from contextlib import contextmanager
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec, spec_from_file_location, spec_from_loader
from itertools import count
from types import ModuleType
from typing import TYPE_CHECKING, Any

from byoml.errors import UserModuleError
from byoml.source.aws_packages import import_failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["Scope"]

_PREFIX = "byoml_model_"
_serials = count(1)
_scopes: dict[str, Scope] = {}
# sys.modules is one for all: names that are no import statements can belong to one scope at a time.
_names = threading.RLock()


class Scope:
    """One model's modules, from its load to its unload.

    Args:
        code: The folders of its code, the one that wins first.
        packages: A folder of packages that are the model's own, None where there is none.
    """

    def __init__(self, code: Sequence[Path], packages: Path | None = None) -> None:
        self._name = f"{_PREFIX}{next(_serials)}"
        self._code = list(dict.fromkeys(map(str, code)))
        self._packages = [str(packages)] if packages else []
        self._owned: dict[str, bool] = {}
        self._builtins = {**vars(builtins), "__import__": self._import}
        package = ModuleType(self._name)
        package.__path__ = self._code + self._packages
        sys.modules[self._name] = package
        _scopes[self._name] = self
        if _FINDER not in sys.meta_path:
            sys.meta_path.insert(0, _FINDER)

    def load(self, path: Path) -> ModuleType:
        """Import the entry point.

        Args:
            path: Its file.

        Returns:
            Its module.

        Raises:
            UserModuleError: It raises while it is imported; the traceback hangs on as the cause.
        """
        name = f"{self._name}.{path.stem.replace('.', '_')}"
        spec = spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise UserModuleError(path, "is not a Python file")
        module = module_from_spec(self.bound(spec))
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise UserModuleError(path, import_failure(error)) from error
        return module

    def bound(self, spec: ModuleSpec) -> ModuleSpec:
        """Have a module's import statements ask this scope, from its first line on."""
        loader: Any = spec.loader
        execute = getattr(loader, "exec_module", None)
        if execute is not None:

            def exec_module(module: ModuleType) -> None:
                vars(module)["__builtins__"] = self._builtins
                execute(module)

            loader.exec_module = exec_module
        return spec

    def owns(self, top: str) -> bool:
        """Tell whether a module is the model's own, by the first part of its name."""
        owned = self._owned.get(top)
        if owned is None:
            owned = self._owned[top] = self._finds(top)
        return owned

    def _finds(self, top: str) -> bool:
        found = PathFinder.find_spec(top, self._code)
        if found is not None and found.origin is not None:  # without: any folder, which is a package only at the last
            return True
        if top in sys.modules or top in sys.builtin_module_names or PathFinder.find_spec(top) is not None:
            return False
        return found is not None or PathFinder.find_spec(top, self._packages) is not None

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002  the names are those of __import__
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        top = name.partition(".")[0]
        if level or not self.owns(top):
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        own = importlib.import_module(f"{self._name}.{name}")
        if fromlist:
            return builtins.__import__(own.__name__, globals, locals, fromlist, 0)
        return sys.modules[f"{self._name}.{top}"]

    @contextmanager
    def by_name(self) -> Iterator[None]:
        """Let modules be found by their plain names, as pickles do it, in this thread and for a while.

        Other scopes that want the same wait: `sys.modules` is one for all.
        """
        with _names:
            finder = _PlainNames(self, self._name)
            sys.meta_path.insert(0, finder)
            try:
                yield
            finally:
                sys.meta_path.remove(finder)
                for name in finder.given:
                    sys.modules.pop(name, None)

    def close(self) -> None:
        """Forget the modules, so that what only they hold is freed."""
        _scopes.pop(self._name, None)
        for name in [name for name in sys.modules if name.partition(".")[0] == self._name]:
            del sys.modules[name]
        for folder in self._code + self._packages:
            sys.path_importer_cache.pop(folder, None)


class _Finder:
    """Finds the modules inside all scopes."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        scope = _scopes.get(fullname.partition(".")[0])
        if scope is None:
            return None
        found = PathFinder.find_spec(fullname, path, target)
        return None if found is None else scope.bound(found)


class _PlainNames:
    """Finds one scope's modules under their plain names, where nothing else does."""

    def __init__(self, scope: Scope, prefix: str) -> None:
        self._scope = scope
        self._prefix = prefix
        self._thread = threading.get_ident()
        self.given: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        if threading.get_ident() != self._thread or not self._scope.owns(top):
            return None
        if top == fullname and PathFinder.find_spec(top) is not None:
            return None
        module = importlib.import_module(f"{self._prefix}.{fullname}")
        self.given.append(fullname)
        return spec_from_loader(fullname, _Alias(module), is_package=hasattr(module, "__path__"))


class _Alias(Loader):
    """Loads nothing: gives a module that is there under another name."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


_FINDER = _Finder()
