"""Options of pip that are given as one text, turned into variables: those are in nobody's list of processes."""

from __future__ import annotations

import re
import shlex

from byoml.errors import SettingError

__all__ = ["pip_variables"]

_SHORT = {"-U": "--upgrade", "-i": "--index-url", "-f": "--find-links", "-c": "--constraint", "-q": "--quiet"}
# pip takes the variable of these for what the option turns off.
_TURNED_OFF = frozenset({"no-build-isolation", "no-compile", "no-warn-conflicts", "no-warn-script-location"})
_LONG = re.compile(r"--([a-z][a-z0-9-]*)(?:=(.*))?", re.DOTALL)
_ALLOWED = "options of `pip install`, such as --index-url=https://HOST/simple --no-deps"


def pip_variables(name: str, text: str) -> dict[str, str]:
    """Turn options into the variables that pip reads in their place.

    Args:
        name: The variable that holds them, for the error.
        text: Such as `--index-url=https://host/simple --no-deps`, quoted as in a shell.

    Returns:
        Such as `PIP_INDEX_URL` and `PIP_NO_DEPS`; an option that is given twice has both values.

    Raises:
        SettingError: It holds something else.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        raise SettingError(name, text, _ALLOWED) from None
    variables: dict[str, str] = {}
    while words:
        word = words.pop(0)
        option = _LONG.fullmatch(_SHORT.get(word, word))
        if option is None:
            raise SettingError(name, word, _ALLOWED)
        value = option[2]
        if value is None:
            value = words.pop(0) if words and not words[0].startswith("-") else _switched(option[1])
        variable = f"PIP_{option[1].upper().replace('-', '_')}"
        variables[variable] = f"{variables[variable]} {value}" if variable in variables else value
    return variables


def _switched(option: str) -> str:
    return "0" if option in _TURNED_OFF else "1"
