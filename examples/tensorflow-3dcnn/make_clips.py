"""Write small videos of a bright shape that moves left, right, up or down: four classes that no single frame tells."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

MOVES = {"Down": (0, 1), "Left": (-1, 0), "Right": (1, 0), "Up": (0, -1)}
FORMATS = {".mp4": "mp4v", ".avi": "MJPG", ".webm": "VP80"}
FRAMES, SIZE = 24, 48


def frames(move: tuple[int, int], random: np.random.Generator) -> list[np.ndarray]:
    """Draw a square or a disc that crosses the picture."""
    radius = int(random.integers(SIZE // 10, SIZE // 5))
    across = int(random.integers(radius, SIZE - radius))
    disc, brightness = bool(random.integers(2)), int(random.integers(150, 256))
    drawn = []
    for index in range(FRAMES):
        along = round((index + 0.5) / FRAMES * SIZE)
        along = along if sum(move) > 0 else SIZE - along
        center = (along, across) if move[0] else (across, along)
        picture = random.integers(0, 40, (SIZE, SIZE, 3), dtype=np.uint8)
        if disc:
            cv2.circle(picture, center, radius, (brightness,) * 3, -1)
        else:
            corners = [tuple(int(place + sign * radius) for place in center) for sign in (-1, 1)]
            cv2.rectangle(picture, *corners, (brightness,) * 3, -1)
        drawn.append(picture)
    return drawn


def write(folder: Path, clips: int, suffix: str, seed: int) -> int:
    """Write clips of each class, named as UCF-101 names them.

    Args:
        folder: Where they go.
        clips: How many of each class.
        suffix: `.mp4`, `.avi` or `.webm`.
        seed: Of size, place, form and noise.

    Returns:
        How many were written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    for name, move in MOVES.items():
        for number in range(1, clips + 1):
            path = folder / f"v_{name}_g01_c{number:02d}{suffix}"
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*FORMATS[suffix]), 12, (SIZE, SIZE))
            for picture in frames(move, random):
                writer.write(picture)
            writer.release()
    return clips * len(MOVES)


def main() -> None:
    """Read the arguments, write the clips, say how many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=30, help="of each class")
    parser.add_argument("--suffix", choices=FORMATS, default=".mp4")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    print(f"{write(args.folder, args.clips, args.suffix, args.seed)} clips in {args.folder}")


if __name__ == "__main__":
    main()
