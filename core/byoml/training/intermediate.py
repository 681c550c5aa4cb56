"""Upload what the program writes to `output/intermediate` while it runs (contract/training 6.6).

The folder is looked through every few seconds: so a file that was renamed into place, appended to, or there before
counts like any other, on every file system.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from byoml.errors import ExtraMissingError, S3SettingError, SettingError
from byoml.road import seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.child import Stopper
    from byoml.environment.training_env import TrainingEnv
    from byoml.training.uploader import Uploader

__all__ = ["uploading"]

_log = logging.getLogger("byoml.training")
_HYPERPARAMETER = "sagemaker_s3_output"
_SECONDS = "BYOML_INTERMEDIATE_SECONDS"
_PER_HOST = "BYOML_INTERMEDIATE_PER_HOST"
_LOOK_SECONDS = 2.0


@contextmanager
def uploading(env: TrainingEnv, stopper: Stopper) -> Iterator[None]:
    """Upload until the block ends, then what is left.

    It starts only where `sagemaker_s3_output` is an `s3://` URI and the folder is not there yet: a folder that is
    there is one that the platform uploads. The folder is made in any case, for programs that write to it.

    Args:
        env: The job.
        stopper: Tells how much time is left for the last files once a stop was asked for.

    Raises:
        SettingError: `sagemaker_s3_output` is neither an `s3://` nor a `file://` URI.
    """
    folder = env.paths.output_intermediate
    uploader = None if folder.exists() else _uploader(env)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _log.warning("%s cannot be made (%s)", folder, error)
    if uploader is None:
        yield
        return
    uploader.start()
    try:
        yield
    finally:
        uploader.finish(stopper)


def _uploader(env: TrainingEnv) -> Uploader | None:
    uri = env.hyperparameters.reserved_text(_HYPERPARAMETER)
    if uri is None or uri.startswith("file://"):
        return None
    if not uri.startswith("s3://"):
        raise SettingError(f"hyperparameter {_HYPERPARAMETER}", uri, "an s3:// or file:// URI")
    from byoml.source.s3 import Location, open_client
    from byoml.training.uploader import Target, Uploader

    place = Location.parse(uri)
    try:
        client = open_client(env.environ, "uploading output/intermediate")
    except (ExtraMissingError, S3SettingError) as error:
        _log.warning("%s; nothing of it is uploaded during the job", error)
        return None
    parts = [place.key.strip("/"), env.job_name, "output/intermediate", _host_of(env)]
    pause = seconds_of(env.environ, _SECONDS, _LOOK_SECONDS)
    prefix = "/".join(filter(None, parts))
    return Uploader(client, Target(env.paths.output_intermediate, place.bucket, prefix), pause)


def _host_of(env: TrainingEnv) -> str:
    per_host = env.environ.get(_PER_HOST, "").strip().lower() in {"1", "true", "yes", "on"}
    return env.resources.current_host if per_host and len(env.resources.hosts) > 1 else ""
