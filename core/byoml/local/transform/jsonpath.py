"""JSONPath, as the filters of a batch transform have it (contract/inference B-4).

An evaluator of our own, as no library gives what the service gives: a choice of names makes an object and one of
indices an array, where the standard has lists of nodes, and what is named and is not there is an error, not nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from byoml.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable

    _Rest = Callable[[Any], Any]
    _Step = Callable[[Any, _Rest], Any]

__all__ = ["JsonPath", "NotThereError"]

_LONGEST = 63  # the platform takes no longer one
_QUOTED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_ELEMENT = r"(?:(?:-?\d+)?\s*:\s*(?:-?\d+)?|-?\d+)"
_STEP = re.compile(
    rf"""\.(?P<name>[^\s.,:*\[\]()'"?@$]+)
    |\.?\[\s*(?P<names>{_QUOTED}(?:\s*,\s*{_QUOTED})*)\s*\]
    |\.?\[\s*(?P<elements>{_ELEMENT}(?:\s*,\s*{_ELEMENT})*)\s*\]
    |(?P<all>\.\*|\.?\[\s*\*\s*\])""",
    re.VERBOSE,
)
_ALLOWED = (
    f"a JSONPath of at most {_LONGEST} characters that begins with $, such as $, $.a.b, $['id','SageMakerOutput'], "
    "$[0], $[1:], $[0,5:] or $.a[*]"
)


class NotThereError(Exception):
    """A path names what a record has not; the text says what."""


class JsonPath:
    """A path that chooses from a record.

    Args:
        option: The option that it is of, for the error.
        text: Such as `$[1:]`.

    Raises:
        SettingError: It is none that the platform takes.
    """

    def __init__(self, option: str, text: str) -> None:
        if not text.startswith("$") or len(text) > _LONGEST:
            raise SettingError(option, text, _ALLOWED)
        self._steps: list[_Step] = []
        position = 1
        while position < len(text):
            match = _STEP.match(text, position)
            if match is None:
                raise SettingError(option, text, _ALLOWED)
            self._steps.append(_step(match))
            position = match.end()

    @property
    def everything(self) -> bool:
        """Whether it is `$`."""
        return not self._steps

    def choose(self, value: Any) -> Any:
        """Choose from a record.

        Args:
            value: The record: what JSON can hold.

        Returns:
            What the path names: several names give an object, several elements an array.

        Raises:
            NotThereError: The record has no such name or index.
        """
        return self._after(0, value)

    def _after(self, done: int, value: Any) -> Any:
        if done == len(self._steps):
            return value
        return self._steps[done](value, lambda chosen: self._after(done + 1, chosen))


def _step(match: re.Match[str]) -> _Step:
    if match["name"] is not None:
        return _named([match["name"]])
    if match["names"] is not None:
        return _named([re.sub(r"\\(.)", r"\1", quoted[1:-1]) for quoted in re.findall(_QUOTED, match["names"])])
    if match["elements"] is not None:
        return _chosen([text.strip() for text in match["elements"].split(",")])
    return _all


def _named(names: list[str]) -> _Step:
    def step(value: Any, rest: _Rest) -> Any:
        if not isinstance(value, dict):
            raise NotThereError(f"{names[0]!r} is looked for in {_kind(value)}")
        absent = [name for name in names if name not in value]
        if absent:
            raise NotThereError(f"there is no {absent[0]!r}, but {', '.join(map(repr, value)) or 'nothing'}")
        return rest(value[names[0]]) if len(names) == 1 else {name: rest(value[name]) for name in names}

    return step


def _chosen(texts: list[str]) -> _Step:
    elements = [_element(text) for text in texts]

    def step(value: Any, rest: _Rest) -> Any:
        if not isinstance(value, list):
            raise NotThereError(f"[{','.join(texts)}] is looked for in {_kind(value)}")
        chosen: list[Any] = []
        for element in elements:
            if isinstance(element, slice):
                chosen += value[element]
            elif -len(value) <= element < len(value):
                chosen.append(value[element])
            else:
                raise NotThereError(f"there is no element [{element}], but {len(value)} elements")
        if len(elements) == 1 and not isinstance(elements[0], slice):
            return rest(chosen[0])
        return [rest(item) for item in chosen]

    return step


def _element(text: str) -> int | slice:
    if ":" not in text:
        return int(text)
    start, stop = (int(part) if part.strip() else None for part in text.split(":"))
    return slice(start, stop)


def _all(value: Any, rest: _Rest) -> Any:
    if not isinstance(value, (dict, list)):
        raise NotThereError(f"* is looked for in {_kind(value)}")
    return [rest(item) for item in (value.values() if isinstance(value, dict) else value)]


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    return "an array" if isinstance(value, list) else f"{value!r:.40}, which is neither object nor array"
