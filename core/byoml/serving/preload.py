"""The model, loaded once before the workers are forked, so that they share its memory and the libraries'.

Only where that is known to work: a library that has started threads hangs in a forked child, so each worker must have
one thread, and the framework must say that its models outlive a fork.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from threading import Timer
from time import perf_counter
from typing import TYPE_CHECKING

from byoml.child import Stopped, Stopper
from byoml.environment.serving_env import truth
from byoml.errors import LoadTimeoutError
from byoml.serving.loading import import_script, load_engine, tell_failure
from byoml.serving.settings import thread_caps
from byoml.serving.stand_in import standing_in

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from byoml.serving.plan import Plan

__all__ = ["preload", "preloads"]

_log = logging.getLogger("byoml.serving")
_VARIABLE = "BYOML_PRELOAD"
_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def preloads(plan: Plan) -> bool:
    """Decide whether the model is loaded before the fork.

    Args:
        plan: `BYOML_PRELOAD` says so for user code as well, or forbids it; a GPU's libraries never outlive a fork.

    Returns:
        Whether it is.
    """
    env, settings = plan.env, plan.settings
    said = env.environ.get(_VARIABLE, "").strip()
    asked = truth(said)
    trusted = plan.framework.capabilities.fork_safe and plan.entry_point is None
    possible = settings.workers > 1 and not plan.multi_model and not env.accelerators.gpus
    if not possible or not (asked or (trusted and not said)):
        return False
    threads = {**thread_caps(env, settings), **env.environ}
    if all(threads[name] == "1" for name in _ONE_THREAD):
        return True
    if asked:
        shown = ", ".join(f"{name}={threads[name]}" for name in _ONE_THREAD)
        _log.warning("%s=%s is ignored: it needs one thread a worker, found %s", _VARIABLE, said, shown)
    return False


def preload(plan: Plan, listener: socket.socket) -> Plan:
    """Load in this process, which forks the workers later; meanwhile the port answers 503.

    Args:
        plan: The endpoint.
        listener: The server's socket.

    Returns:
        The plan, with the engine in it.

    Raises:
        SystemExit: The model cannot be loaded, which the log tells, or a stop was asked for.
    """
    start = perf_counter()
    try:
        with Stopper().listening(), standing_in(listener), _limited(plan.settings.load_timeout):
            # Libraries read these once, when they are loaded; the stand-in has been forked before.
            os.environ.update(thread_caps(plan.env, plan.settings))
            engine = load_engine(plan, plan.source, import_script(plan.source))
    except Stopped:
        raise SystemExit(0) from None
    except BaseException as error:  # noqa: BLE001  whatever it is, even SystemExit of a script, the end is the same
        tell_failure(error)
        raise SystemExit(1) from None
    _log.info("loaded before the fork: %d workers share the model's memory", plan.settings.workers)
    # What is here stays: no worker's collector walks it, which would copy its pages.
    gc.collect()
    gc.freeze()
    return replace(plan, engine=engine, load_seconds=perf_counter() - start)


@contextmanager
def _limited(seconds: float | None) -> Iterator[None]:
    """End this process when something in it takes too long: it may be in code that no exception reaches."""
    if seconds is None:
        yield
        return
    timer = Timer(seconds, _overdue, (seconds,))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # no thread lives when the workers are forked


def _overdue(seconds: float) -> None:
    tell_failure(LoadTimeoutError(seconds))
    sys.stderr.flush()
    os._exit(LoadTimeoutError.exit_code)
