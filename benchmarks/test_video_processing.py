"""Clips a second of the processing program, beside a loop over the same videos in one process, in one run.

The loop is what people write: OpenCV reads each video with the threads that it chooses by itself, takes frames that lie
spread over it, and numpy saves the array. Both are whole programs, start included.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = int(os.environ.get("BYOML_BENCH_ROUNDS") or 3)
VIDEOS = int(os.environ.get("BYOML_BENCH_VIDEOS") or 120)
FORM = {"rows": 32, "cols": 32, "depth": 10}
_LOOP = """
import sys
from pathlib import Path
import cv2
import numpy as np

rows, cols, depth = map(int, sys.argv[3:])
clips, labels = [], []
for path in sorted(Path(sys.argv[1]).iterdir()):
    video = cv2.VideoCapture(str(path))
    count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = {index * count // depth for index in range(depth)}
    frames, index = [], 0
    while len(frames) < len(wanted):
        read, frame = video.read()
        if not read:
            break
        if index in wanted:
            frames.append(cv2.resize(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), (cols, rows)))
        index += 1
    clips.append(np.stack(frames, axis=2)[..., None])
    labels.append(path.name.split("_")[1])
np.savez(sys.argv[2], X=np.array(clips), Y=np.array(labels))
"""


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos as long and as large as UCF-101's: 320 x 240, seven seconds."""
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed; byoml-tensorflow brings it")
    folder = tmp_path_factory.mktemp("videos")
    random = np.random.default_rng(0)
    first = folder / "v_A_g01_c000.mp4"
    writer = cv2.VideoWriter(str(first), cv2.VideoWriter_fourcc(*"mp4v"), 25, (320, 240))
    ground = random.integers(0, 256, (240, 320, 3), dtype=np.uint8)
    for index in range(175):
        writer.write(cv2.GaussianBlur(np.roll(ground, index * 2, axis=1), (9, 9), 0))
    writer.release()
    for number in range(1, VIDEOS):
        (folder / f"v_{'ABCD'[number % 4]}_g01_c{number:03d}.mp4").write_bytes(first.read_bytes())
    return folder


@pytest.mark.timeout(1800)
def test_processing_videos_beside_a_loop(videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both make a clip of every video; how fast is printed, not judged."""
    pytest.importorskip("byoml_tensorflow", reason="byoml-tensorflow is not installed")
    words = [word for name, value in FORM.items() for word in (f"--{name}", str(value))]
    ours = ["-m", "byoml_tensorflow.process", "--videos", str(videos), "--output", str(tmp_path / "ours"), *words]
    loop = ["-c", _LOOP, str(videos), str(tmp_path / "loop.npz"), *map(str, FORM.values())]
    seconds: dict[str, list[float]] = {"byoml": [], "a loop": []}
    for _ in range(ROUNDS):
        for name, arguments in (("byoml", ours), ("a loop", loop)):
            begun = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
            seconds[name].append(time.perf_counter() - begun)
    ratio = statistics.median(slow / fast for fast, slow in zip(seconds["byoml"], seconds["a loop"], strict=True))
    with capsys.disabled():
        print(f"\n{time.strftime('%Y-%m-%d')}, {VIDEOS} videos, {os.cpu_count()} CPUs, medians of {ROUNDS} rounds")
        for name, times in seconds.items():
            print(f"{name}: {VIDEOS / statistics.median(times):.1f} clips/s")
        print(f"byoml against a loop: {ratio:.2f}")
    with np.load(tmp_path / "ours/clips.npz") as made, np.load(tmp_path / "loop.npz") as theirs:
        shapes = {made["X"].shape, theirs["X"].shape}
    if shapes != {(VIDEOS, *FORM.values(), 1)}:
        pytest.fail(f"not the same clips: {shapes}")
