"""Write scikit-learn's handwritten digits as small colour pictures: `python data.py FOLDER`.

The channels `train` and `validation` are one npz file each, with the keys `data` (pictures x 3 x 32 x 32, float32 of
0..1) and `labels`; and for each digit there is a picture that nothing is trained on, such as `7.png`.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

_HELD_BACK = 450


def enlarge(pixels: np.ndarray) -> np.ndarray:
    """Make pictures x 3 x 32 x 32 of 0..1 of rows of 8 x 8 pixels of 0..16."""
    small = (pixels / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    return np.tile(small.repeat(4, axis=2).repeat(4, axis=3), (1, 3, 1, 1))


def main(folder: Path) -> None:
    """Shuffle the 1,797 digits always alike, and hold some back to judge the network by."""
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    data, labels = enlarge(pixels[order]), labels[order]
    for channel, part in (("train", slice(_HELD_BACK, None)), ("validation", slice(_HELD_BACK))):
        path = folder / channel / "digits.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, data=data[part], labels=labels[part])
        print(f"{path}: {len(labels[part])} pictures")
    for digit in range(10):
        picture = data[np.flatnonzero(labels == digit)[0]]
        Image.fromarray((picture.transpose(1, 2, 0) * 255).astype(np.uint8)).save(folder / f"{digit}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
