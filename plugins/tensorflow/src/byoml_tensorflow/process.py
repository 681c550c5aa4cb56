"""The default processing program: `python -m byoml_tensorflow.process`, videos to one `.npz`, or several to one."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byoml.errors import ByomlError

from byoml_tensorflow import clips, model_files
from byoml_tensorflow.errors import NoVideosError, UnreadableVideoError
from byoml_tensorflow.gathering import Video, gather
from byoml_tensorflow.labels import label_of
from byoml_tensorflow.sources import Job
from byoml_tensorflow.video import COLOR_CHANNELS, Form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from byoml_tensorflow.clips import Clips
    from byoml_tensorflow.gathering import Gathered

__all__ = ["main"]

_TOLD = 8
_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def main(args: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the program.

    Args:
        args: Its arguments; `--help` lists them.
        environ: Its environment variables.

    Returns:
        The exit code; 1 where not one clip could be made.
    """
    said = _parser().parse_args(args)
    job = Job.read(environ)
    job = replace(job, inputs={"videos": said.videos}) if said.videos else job
    job = replace(job, output=said.output) if said.output else job
    workers = said.workers or int(environ.get("SM_NUM_CPUS") or 0) or os.cpu_count() or 1
    try:
        _process(job, said, workers)
    except ByomlError as error:
        sys.stdout.flush()
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="byoml_tensorflow.process", description=__doc__)
    truth: dict[str, Any] = {"type": _truth, "nargs": "?", "const": True, "metavar": "true|false"}
    parser.add_argument("--rows", type=_count, default=Form.rows, help="pixels from top to bottom (32)")
    parser.add_argument("--cols", type=_count, default=Form.cols, help="pixels from left to right (32)")
    parser.add_argument("--depth", type=_count, default=Form.depth, help="frames of each video (10)")
    parser.add_argument("--color", default=False, help="red, green and blue instead of grey", **truth)
    parser.add_argument(
        "--skip", default=True, help="frames spread over the video (the default), else its first", **truth
    )
    parser.add_argument("--nclass", type=_count, help="only the first classes by name")
    parser.add_argument("--label-from", choices=("name", "folder"), default="name", help="what tells a video's class")
    parser.add_argument("--workers", type=_count, help="videos read at once; one for each CPU")
    parser.add_argument("--videos", type=Path, help="a folder of videos, in place of the job's inputs")
    parser.add_argument("--output", type=Path, help="where to write, in place of the job's first output")
    return parser


def _truth(text: str) -> bool:
    if text.lower() not in _WORDS:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return _WORDS[text.lower()]


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return int(text)


def _process(job: Job, said: argparse.Namespace, workers: int) -> None:
    channels = COLOR_CHANNELS if said.color else 1
    form = Form(said.rows, said.cols, said.depth, channels, said.skip)
    shards = job.shards() if job.rank == 0 else []
    there = job.videos()
    videos, untold = _labelled(there, said)
    own = {path for path, _ in job.own(there)}
    ours = [video for video in videos if video.path in own]
    gathered = gather(ours, form, workers) if ours else None
    parts = [clips.read([path]) for path in shards]
    if gathered and gathered.clips:
        parts.append(_clips(gathered, videos, form))
    problems = [*untold, *(gathered.problems if gathered else ())]
    if parts:
        _write(job, clips.merged([*shards, job.output][: len(parts)], parts), len(problems))
    elif not _others(job, videos, own, form):
        raise NoVideosError(job.inputs.values(), problems[:_TOLD])


def _labelled(there: Sequence[tuple[Path, Path]], said: argparse.Namespace) -> tuple[list[Video], list[str]]:
    """Tell all videos' classes, this host's and the others', so that all hosts number the classes alike."""
    videos, problems = [], []
    for path, root in there:
        try:
            label = label_of(path, root, by_folder=said.label_from == "folder")
        except UnreadableVideoError as error:
            problems.append(str(error))
            sys.stderr.write(f"skipped {error}\n")
            continue
        videos.append(Video(path, str(path.relative_to(root)), label))
    kept = sorted({video.label for video in videos})[: said.nclass]
    return [video for video in videos if video.label in kept], problems


def _clips(gathered: Gathered, videos: Sequence[Video], form: Form) -> Clips:
    import numpy as np

    classes = tuple(sorted({video.label for video in videos}))
    labels = np.array([classes.index(label) for label in gathered.labels], dtype="int64")
    return clips.Clips(np.stack(gathered.clips), labels, classes, form.skip)


def _others(job: Job, videos: Sequence[Video], own: set[Path], form: Form) -> bool:
    """Look whether other hosts have something to read; then it is no failure that this one has not."""
    others = [video for video in videos if video.path not in own]
    found = len(job.hosts) > 1 and any(gather([video], form, 1).clips for video in others)
    idle = job.rank > 0 and bool(job.shards())
    if found or idle:
        print("nothing to write on this host", flush=True)  # noqa: T201  the program's output
    return found or idle


def _write(job: Job, made: Clips, skipped: int) -> None:
    name = "clips.npz" if len(job.hosts) == 1 else f"clips-{job.rank}.npz"
    clips.write(job.output / name, made)
    model_files.save_classes(job.output, made.classes)
    shape = " x ".join(map(str, made.pixels.shape[1:]))
    told = f"{name}: {len(made)} clips of {shape}, {len(made.classes)} classes, {skipped} videos skipped"
    print(told, flush=True)  # noqa: T201  the program's output


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
