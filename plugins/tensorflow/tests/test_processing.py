"""The default processing program: videos of all kinds, broken ones, several hosts, and shards put together."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from byoml.testing.container import Container

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from byoml.testing.container import ProcessOutcome

_ENV = {"BYOML_FRAMEWORK": "tensorflow"}


def process(container: Container, videos: Mapping[str, Path | bytes], *args: str) -> ProcessOutcome:
    """Run the program on files by their names in the input `videos`."""
    for name, source in videos.items():
        place = container.path("processing/input/videos", name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(source if isinstance(source, bytes) else source.read_bytes())
    container.path("processing/output/clips").mkdir(parents=True, exist_ok=True)
    return container.process(*args, env=_ENV)


def arrays(container: Container, name: str = "clips.npz") -> dict[str, Any]:
    with np.load(container.path("processing/output/clips", name)) as file:
        return dict(file)


def draw(path: Path, shades: list[int]) -> Path:
    """Write a video whose n-th frame has the n-th shade of red, as exact as a codec allows."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    for shade in shades:
        writer.write(np.full((48, 64, 3), (0, 0, shade), dtype=np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--skip", "true"], [0, 60, 120, 180]),
        (["--skip", "false"], [0, 20, 40, 60]),
        (["--skip=0"], [0, 20, 40, 60]),
        ([], [0, 60, 120, 180]),
    ],
)
def test_frames_are_spread_over_the_video_or_its_first_ones(
    container: Container, tmp_path: Path, options: list[str], expected: list[int]
) -> None:
    """Of twelve frames four are kept, resized, with their colours in the order red, green, blue."""
    video = draw(tmp_path / "a.avi", list(range(0, 240, 20)))

    outcome = process(
        container, {"Red_1.avi": video}, "--depth", "4", "--rows", "6", "--cols", "8", "--color", *options
    )

    assert outcome.exit_code == 0, outcome.stderr
    pixels = arrays(container)["X"]
    assert pixels.shape == (1, 6, 8, 4, 3)
    assert np.abs(pixels[0, 3, 4, :, 0].astype(int) - expected).max() < 12
    assert pixels[..., 1:].max() < 12


def test_a_video_of_fewer_frames_than_asked_for_shows_some_again(container: Container, tmp_path: Path) -> None:
    """The clip has its depth whatever the video's length."""
    video = draw(tmp_path / "a.avi", [50, 200])

    assert process(container, {"Red_1.avi": video}, "--depth", "6", "--skip", "false").exit_code == 0
    grey = arrays(container)["X"][0, 0, 0, :, 0].astype(int)

    assert grey[0] < grey[1]
    assert (grey[1:] == grey[1]).all()


def test_a_class_is_told_by_the_name_else_by_the_folder(container: Container, tmp_path: Path) -> None:
    """UCF-101's names, names with an underscore, folders; what tells nothing is left out with how it should be."""
    video = draw(tmp_path / "a.avi", [50] * 5)
    names = ["v_Walk_g01_c02.avi", "Run_fast_1.avi", "Jump/7.avi", "nameless.avi"]

    outcome = process(container, dict.fromkeys(names, video))

    assert outcome.exit_code == 0, outcome.stderr
    found = arrays(container)
    assert found["classes"].tolist() == ["Jump", "Run", "Walk"]
    assert found["Y"].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert b"skipped nameless.avi: its class is not told; it must be named CLASS_more" in outcome.stderr
    assert container.path("processing/output/clips/classes.txt").read_text() == "Jump\nRun\nWalk\n"


def test_folders_may_name_all_classes_and_the_first_may_be_enough(container: Container, tmp_path: Path) -> None:
    """`--label-from folder` passes over what names say; `--nclass` keeps the first classes by name."""
    video = draw(tmp_path / "a.avi", [50] * 5)
    names = ["c/Run_1.avi", "a/Run_2.avi", "b/Run_3.avi"]

    assert process(container, dict.fromkeys(names, video), "--label-from", "folder", "--nclass", "2").exit_code == 0

    assert arrays(container)["classes"].tolist() == ["a", "b"]
    assert len(arrays(container)["X"]) == 2


def test_a_broken_video_is_told_and_left_out(container: Container, shared_data: Path) -> None:
    """A real video beside one that was cut off, one that is empty and one that is a text."""
    whole = (shared_data / "video/in1.mp4").read_bytes()
    broken = {"ApplyEyeMakeup_g01_c02.mp4": whole[:50000], "ApplyEyeMakeup_g01_c03.mp4": b"", "Other_1.webm": b"text"}

    outcome = process(container, {"ApplyEyeMakeup_g01_c01.mp4": whole, **broken}, "--color")

    assert outcome.exit_code == 0, outcome.stderr
    assert arrays(container)["X"].shape == (1, 32, 32, 10, 3)
    assert arrays(container)["X"].std() > 10
    for name in broken:
        assert f"skipped {name}: ".encode() in outcome.stderr
    assert b"4 of 4 videos read" in outcome.stdout


def test_a_job_whose_videos_are_all_broken_fails_and_says_why(container: Container) -> None:
    """Exit code 1, and the message names the first of them."""
    outcome = process(container, {"Left_1.mp4": b"text", "Left_2.avi": b""})

    assert outcome.exit_code == 1
    assert "NoVideosError: no clip could be made" in (outcome.message or "")
    assert "Left_1.mp4" in (outcome.message or "")


def test_a_job_without_videos_fails_with_what_it_looks_for(container: Container) -> None:
    """An input of other files is not passed over in silence."""
    outcome = process(container, {"notes.txt": b"text"})

    assert outcome.exit_code == 1
    assert "no file there ends in .mp4, .avi, .webm or .npz" in (outcome.message or "")


def on_hosts(tmp_path: Path, videos: Mapping[str, Path | bytes], kind: str = "FullyReplicated") -> list[Container]:
    """Run the program on two hosts after one another, each with all files, or each with every second one."""
    hosts = ["algo-1", "algo-2"]
    place = {"LocalPath": "/opt/ml/processing/input/videos", "S3DataDistributionType": kind}
    output = {"LocalPath": "/opt/ml/processing/output/clips"}
    config = {
        "ProcessingInputs": [{"InputName": "videos", "S3Input": place}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "clips", "S3Output": output}]},
    }
    containers = []
    for rank, host in enumerate(hosts):
        container = Container(tmp_path / host)
        container.write({"config/processingjobconfig.json": config})
        container.write({"config/resourceconfig.json": {"current_host": host, "hosts": hosts}})
        own = dict(list(videos.items())[rank::2]) if kind == "ShardedByS3Key" else videos
        outcome = process(container, own, "--depth", "2")
        assert outcome.exit_code == 0, outcome.stderr
        containers.append(container)
    return containers


@pytest.mark.parametrize("kind", ["FullyReplicated", "ShardedByS3Key"])
def test_hosts_share_the_videos_and_a_second_job_puts_the_shards_together(
    tmp_path: Path, container: Container, kind: str
) -> None:
    """Each video is read once, whoever has shared them out; classes have one numbering, whatever a host has seen."""
    videos: dict[str, Path | bytes] = {}
    for number, label in enumerate(["A", "B", "C", "A", "B"]):
        videos[f"{label}_{number}.avi"] = draw(tmp_path / f"{number}.avi", [number * 40] * 3)

    hosts = on_hosts(tmp_path, videos, kind)
    for rank, host in enumerate(hosts):
        shard = host.path(f"processing/output/clips/clips-{rank}.npz")
        assert len(arrays(host, shard.name)["X"]) == 3 - rank
        shutil.copy(shard, container.path("input/data"))
    outcome = process(container, {path.name: path for path in container.path("input/data").iterdir()})

    assert outcome.exit_code == 0, outcome.stderr
    found = arrays(container)
    assert found["classes"].tolist() == ["A", "B", "C"]
    shades = {
        (round(row.mean() / 12), label)
        for row, label in zip(found["X"], found["Y"].argmax(axis=1).tolist(), strict=True)
    }
    assert shades == {(0, 0), (1, 1), (2, 2), (3, 0), (4, 1)}


def test_a_host_without_a_readable_video_does_not_fail_the_job(tmp_path: Path) -> None:
    """The other host has one; which host gets which is no fault of the user's."""
    hosts = on_hosts(tmp_path, {"A_1.avi": draw(tmp_path / "a.avi", [90] * 3), "A_2.avi": b"broken"})

    assert len(arrays(hosts[0], "clips-0.npz")["X"]) == 1
    assert not hosts[1].path("processing/output/clips/clips-1.npz").exists()
    assert (hosts[1].root / "processing.stdout").read_bytes().endswith(b"nothing to write on this host\n")


@pytest.mark.parametrize(("argument", "value"), [("--depth", "0"), ("--rows", "many"), ("--color", "blue")])
def test_an_argument_that_means_nothing_is_a_usage_error(container: Container, argument: str, value: str) -> None:
    """Told with the value."""
    outcome = process(container, {}, argument, value)

    assert outcome.exit_code == 2
    assert value.encode() in outcome.stderr
