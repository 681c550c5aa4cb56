"""One file of a model folder to the booster that it holds."""

from __future__ import annotations

import logging
import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from byoml_xgboost.forms import Form, look
from byoml_xgboost.model_errors import OldModelError, PickleRefusedError, UnreadableModelError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import xgboost as xgb

    from byoml_xgboost.forms import Found

__all__ = ["read_found", "read_model", "reason"]

# How an error begins: `[14:51:22] /src/objective/regression_obj.cu:83: Check failed: a == b (1 vs. 2) : `.
_SOURCE = re.compile(r"^(\[[\d:]+\] )?(WARNING: )?\S+\.(cc|cu|h):\d+: ")
_CHECK = re.compile(r"^Check failed: (\w+|.*?\) ?): ")

_log = logging.getLogger(__name__)


def read_model(path: Path, *, pickles: bool = False) -> xgb.Booster:
    """Read a model.

    Args:
        path: The file.
        pickles: Whether a pickle may be read.

    Returns:
        The booster.

    Raises:
        OldModelError: It is of a form that only older releases read.
        PickleRefusedError: It is a pickle, and may not be read.
        UnreadableModelError: It is no model, or one that is broken.
    """
    # From bytes: by a name without suffix XGBoost warns that it guesses. An empty buffer would abort the process.
    content = bytearray(path.read_bytes())
    found = look(content)
    if found.form is Form.OTHER:
        raise UnreadableModelError(path, _installed(), found.told)
    if found.form is Form.PICKLE:
        if not pickles:
            raise PickleRefusedError(path)
        _log.warning("%s is a pickle, read as BYOML_ALLOW_PICKLE says: trust who wrote it, or convert it", path)
    with _in_the_log(path):
        booster = read_found(path, content, found)
    _remark(path, booster, found)
    return booster


def read_found(path: Path, content: bytes | bytearray, found: Found) -> xgb.Booster:
    """Read a model of a known form; a pickle too, of which nothing is run.

    Args:
        path: Its file, for errors.
        content: What stands in it.
        found: Its form.

    Returns:
        The booster.

    Raises:
        OldModelError: It is of a form that only older releases read.
        UnreadableModelError: It is broken, or a pickle of something else.
    """
    import xgboost as xgb

    from byoml_xgboost import old_models

    try:
        return old_models.read(content)
    except old_models.NoBoosterError as error:
        raise UnreadableModelError(path, _installed(), str(error)) from None
    except (xgb.core.XGBoostError, UnicodeDecodeError) as error:
        if found.form is Form.SAVED:
            raise UnreadableModelError(path, _installed(), reason(error)) from None
        form = "a pickle of a release before 1.7" if found.form is Form.PICKLE else found.told
        raise OldModelError(path, form, found.release, _installed()) from None
    except Exception as error:  # whatever broken bytes make of a pickle's program
        if found.form is not Form.PICKLE:
            raise
        told = f"the pickle is broken: {type(error).__name__}: {error}"
        raise UnreadableModelError(path, _installed(), told) from None


def _remark(path: Path, booster: xgb.Booster, found: Found) -> None:
    """Say what of a model may surprise: who wrote it, and rounds after the best."""
    installed = _installed()
    if found.release and _series(found.release) > _series(installed):
        told = "%s was written by XGBoost %s and is read by the older %s: what is new in it is not known here"
        _log.warning(f"{told}; install at least the release that wrote it", path, found.release, installed)
    elif found.release:
        _log.info("%s was written by XGBoost %s and is read by %s", path, found.release, installed)
    best, rounds = booster.attr("best_iteration"), booster.num_boosted_rounds()
    if best and best.isdecimal() and int(best) + 1 < rounds:
        told = "%s predicts with all of its %d rounds, though training found round %s the best"
        _log.warning(f"{told}; model[: best_iteration + 1].save_model(...) keeps those alone", path, rounds, best)


def _series(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".")[:2] if part.isdecimal())


@contextmanager
def _in_the_log(path: Path) -> Iterator[None]:
    """Log what XGBoost warns of while it reads, a line each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for text in dict.fromkeys(reason(warning.message) for warning in caught):
        _log.warning("%s: %s", path, text)


def reason(error: Exception | Warning | str) -> str:
    """Cut a message of XGBoost's C++ down to its sentence: no time, no source file, no stack."""
    first = _SOURCE.sub("", str(error).strip().split("\n", 1)[0])
    return (_CHECK.sub("", first) or first).strip(" .")


def _installed() -> str:
    import xgboost as xgb

    return str(xgb.__version__)
