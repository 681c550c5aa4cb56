"""Write a folder of pictures as one channel: `python data.py FOLDER OUT`; a file's class is its name without digits."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image


def main(folder: Path, out: Path) -> None:
    """Write OUT/pictures.npz (keys `data` and `labels`) and, beside the channel, the names of the classes."""
    paths = sorted(folder.glob("*.png"))
    classes = sorted({class_of(path) for path in paths})
    # uint8, height x width x channels in a file of pixels; Chainer's convolutions take the channels first.
    data = np.stack([np.asarray(Image.open(path).convert("RGB")).transpose(2, 0, 1) for path in paths])
    labels = np.array([classes.index(class_of(path)) for path in paths])
    out.mkdir(parents=True, exist_ok=True)
    np.savez(out / "pictures.npz", data=data, labels=labels)
    out.with_name("classes.txt").write_text("\n".join(classes) + "\n", encoding="utf-8")
    print(f"{len(paths)} pictures of {'x'.join(map(str, data.shape[1:]))}, {len(classes)} classes")


def class_of(path: Path) -> str:
    return path.stem.rstrip("0123456789")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
