"""The tree of one host of a processing job, as the platform lays it out (contract/training 1.6)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.environment.paths import ContainerPaths
from byoml.errors import SettingError
from byoml.local.mount import MOUNT_POINT
from byoml.local.tree import INSTANCE_TYPE, check_data, check_name, check_source, lay_code, lay_data, resource_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.local.tree import Site
    from byoml.local.values import ProcessSpec

__all__ = ["CODE", "build_processing", "check_processing", "program_args"]

CODE = "code"

_MAX_SECONDS = 86400


def check_processing(spec: ProcessSpec) -> None:
    """Find what is wrong with a job before anything is written.

    Args:
        spec: The job.

    Raises:
        SettingError: An input, an output, the script or an argument is not possible.
        SourceError: There is no such source.
    """
    for name, data in spec.inputs.items():
        check_data("input", name, data)
    taken = {path.resolve(): name for name, path in spec.inputs.items()}
    for name, folder in spec.outputs.items():
        check_name("output", name)
        if folder.exists() and not folder.is_dir():
            raise SettingError(f"output {name!r}", str(folder), "a folder, which need not exist yet")
        if folder.resolve() in taken:
            raise SettingError(f"output {name!r}", str(folder), "a folder that is no other input or output")
        taken[folder.resolve()] = name
    check_source(spec.source)
    if spec.source is not None and CODE in spec.inputs:
        raise SettingError("--source", str(spec.source), f"left out where an input {CODE!r} brings the code")
    if spec.script and not _has_code(spec) and not Path(spec.script).is_file():
        raise SettingError("SCRIPT", spec.script, f"a file, where neither --source nor an input {CODE!r} is given")
    if spec.args and not spec.script and not spec.args[0].startswith("-"):
        raise SettingError("the first ARG", spec.args[0], "an option, such as --rows, where no SCRIPT is named")


def _has_code(spec: ProcessSpec) -> bool:
    return spec.source is not None or CODE in spec.inputs


def program_args(spec: ProcessSpec) -> tuple[str, ...]:
    """Make the arguments of `processing`: a script without a code folder is known by its file's name."""
    if not spec.script:
        return spec.args
    return (spec.script if _has_code(spec) else Path(spec.script).name, *spec.args)


def build_processing(base: Path, host: str, site: Site, spec: ProcessSpec, job_name: str) -> ContainerPaths:
    """Build one host's tree.

    Args:
        base: Its root, which does not exist yet.
        host: The host.
        site: What it finds around it.
        spec: The job, checked; its code is copied.
        job_name: The job's name.

    Returns:
        The tree's paths.

    Raises:
        SourceError: The source is no archive.
    """
    paths = ContainerPaths(base)
    for folder in (paths.config, paths.processing_input, paths.processing_output, paths.output):
        folder.mkdir(parents=True)
    _write(paths.config / "resourceconfig.json", resource_config(host, site))
    _write(paths.config / "processingjobconfig.json", _job_config(spec, job_name))
    for name, data in spec.inputs.items():
        if name != CODE:
            lay_data(paths.processing_input, name, data, link=site.links)
    for name in spec.outputs:
        (paths.processing_output / name).mkdir()
    # A program may write beside itself, and an archive is unpacked there: never into the user's folder.
    code = spec.inputs.get(CODE)
    if code is not None and code.is_file():
        lay_code(paths.processing_code, None, str(code))
    else:
        lay_code(paths.processing_code, spec.source or code, spec.script, leave_out=spec.outputs.values())
    return paths


def _write(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def _job_config(spec: ProcessSpec, job_name: str) -> dict[str, object]:
    """Make `processingjobconfig.json`; paths are those of a container, wherever the tree lies."""
    names = dict.fromkeys([*spec.inputs, *([CODE] if spec.source or spec.script else [])])
    return {
        "ProcessingJobArn": f"arn:aws:sagemaker:local:000000000000:processing-job/{job_name}",
        "ProcessingJobName": job_name,
        "AppSpecification": {
            "ImageUri": spec.image or "local",
            "ContainerEntrypoint": ["processing"],
            "ContainerArguments": list(program_args(spec)) or None,
        },
        "Environment": dict(spec.env),
        "ProcessingInputs": [_input(name, job_name) for name in names],
        "ProcessingOutputConfig": {"Outputs": [_output(name, job_name) for name in spec.outputs], "KmsKeyId": None},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": spec.hosts,
                "InstanceType": INSTANCE_TYPE,
                "VolumeSizeInGB": 30,
                "VolumeKmsKeyId": None,
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": _MAX_SECONDS},
    }


def _input(name: str, job_name: str) -> dict[str, object]:
    place = {
        "LocalPath": str(MOUNT_POINT / "processing/input" / name),
        "S3Uri": f"s3://local/{job_name}/input/{name}",
        "S3DataDistributionType": "FullyReplicated",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3CompressionType": "None",
    }
    return {"InputName": name, "S3Input": place}


def _output(name: str, job_name: str) -> dict[str, object]:
    place = {
        "LocalPath": str(MOUNT_POINT / "processing/output" / name),
        "S3Uri": f"s3://local/{job_name}/output/{name}",
        "S3UploadMode": "EndOfJob",
    }
    return {"OutputName": name, "S3Output": place}
