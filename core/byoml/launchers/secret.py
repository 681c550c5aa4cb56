"""The secret that the hosts of one job share without having talked to each other."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from byoml.environment.config_files import read_config

if TYPE_CHECKING:
    from byoml.environment.training_env import TrainingEnv

__all__ = ["SECRET_VARIABLE", "job_secret"]

SECRET_VARIABLE = "BYOML_STATUS_SECRET"  # noqa: S105  a variable's name


def job_secret(env: TrainingEnv) -> bytes | None:
    """Derive the secret from what all hosts of this job know, and hosts of no other job do.

    It keeps other machines of the network out. Whoever may describe the job can derive it too, unless
    `BYOML_STATUS_SECRET` adds a value that the job's description does not show to them.

    Args:
        env: The job.

    Returns:
        32 bytes; None where the job has neither a name, an ARN nor a secret of its own, so that all could be guessed.
    """
    own = {
        "secret": env.environ.get(SECRET_VARIABLE, ""),
        "arn": env.environ.get("TRAINING_JOB_ARN", ""),
        "name": env.job_name,
    }
    if not any(own.values()):
        return None
    facts = {
        **own,
        "hosts": list(env.resources.hosts),
        "hyperparameters": read_config(env.paths.input_config, "hyperparameters.json"),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).digest()
