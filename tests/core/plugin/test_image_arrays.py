"""Pictures of a channel, read from npz files; what cannot be used is named by file and key."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml.environment.channels import Channel
from byoml.plugin.channel_files import ChannelDataError
from byoml.plugin.image_arrays import read_images, scaled

if TYPE_CHECKING:
    from pathlib import Path

_GOOD = {"data": np.ones((2, 3, 4, 5), np.float32), "labels": np.array([0, 2])}


def _channel(folder: Path, **files: dict[str, Any]) -> Channel:
    for name, arrays in files.items():
        np.savez(folder / f"{name}.npz", **arrays)
    return Channel("train", folder)


def test_all_files_of_a_channel_are_one_set_in_the_order_of_their_paths(tmp_path: Path) -> None:
    """Shapes, classes and types are told; other keys and other files do not matter."""
    (tmp_path / "README.txt").touch()
    second = {"data": np.zeros((1, 3, 4, 5)), "labels": np.array([1], np.uint8), "names": np.array(["a"])}

    images = read_images(_channel(tmp_path, a=_GOOD, b=second))

    assert (len(images), images.shape, images.classes) == (3, (3, 4, 5), 3)
    assert (images.data.dtype.name, images.labels.dtype.name) == ("float32", "int64")
    assert images.data.mean(axis=(1, 2, 3)).tolist() == [1, 1, 0]
    assert images.labels.tolist() == [0, 2, 1]


def test_some_of_the_pictures_are_pictures_too(tmp_path: Path) -> None:
    """With their labels, as processes share them out; no number is copied."""
    labels = np.arange(5)
    images = read_images(_channel(tmp_path, a={"data": labels.reshape(5, 1, 1, 1) / 8, "labels": labels}))

    some = images[1::2][:1]

    assert (len(some), some.data.ravel().tolist(), some.labels.tolist()) == (1, [0.125], [1])
    assert np.shares_memory(some.data, images.data)


def test_bytes_stand_for_0_to_1_and_other_numbers_for_themselves(tmp_path: Path) -> None:
    """So pictures of a file and those of a camera meet; a float is never changed."""
    pixels = np.array([0, 51, 255], np.uint8).reshape(1, 1, 1, 3)

    images = read_images(_channel(tmp_path, a={"data": pixels, "labels": np.array([0])}))

    assert images.data.ravel().tolist() == pytest.approx([0, 0.2, 1])
    assert scaled(np.array([0.0, 51.0])).tolist() == [0, 51]
    assert scaled(np.array([51])).tolist() == [51]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"data": None}, "there is no key 'data'; it has labels"),
        ({"labels": None}, "there is no key 'labels'; it has data"),
        ({"data": np.ones((2, 4, 5), np.float32)}, r"key 'data': its shape is \(2, 4, 5\); it must be .* x channels x"),
        ({"data": np.ones((0, 3, 4, 5), np.float32)}, r"key 'data': its shape is \(0, 3, 4, 5\); .*at least one"),
        ({"data": np.ones((2, 3, 4, 5), int)}, "key 'data': its dtype is int64; it must be float32, or uint8"),
        ({"data": np.full((2, 3, 4, 5), np.nan)}, "key 'data': picture 0 has a value that is NaN"),
        ({"labels": np.array([0])}, r"key 'labels': its shape is \(1,\); it must be one label .* \(2,\)"),
        ({"labels": np.array([0.0, 1.0])}, "key 'labels': its dtype is float64; it must be whole"),
        ({"labels": np.array([0, -1])}, "key 'labels': label 1 is -1; it must be classes from 0"),
        ({"labels": np.array([{}, {}])}, "cannot be read .*allow_pickle"),
    ],
    ids=["no-data", "no-labels", "axes", "empty", "dtype", "nan", "count", "float", "negative", "pickled"],
)
def test_what_cannot_be_learned_from_is_named_by_file_and_key(
    tmp_path: Path, changed: dict[str, Any], says: str
) -> None:
    """The message says what was found and what would be right."""
    arrays = {key: array for key, array in {**_GOOD, **changed}.items() if array is not None}

    with pytest.raises(ChannelDataError, match=rf"a\.npz: .*{says}"):
        read_images(_channel(tmp_path, a=arrays))


def test_files_must_agree_on_the_size_of_a_picture(tmp_path: Path) -> None:
    """The message names both files."""
    other = {"data": np.ones((1, 1, 4, 5)), "labels": np.array([0])}

    with pytest.raises(ChannelDataError, match=r"b\.npz: .* 1 x 4 x 5; it must be 3 x 4 x 5, as in .*a\.npz"):
        read_images(_channel(tmp_path, a=_GOOD, b=other))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"data": np.ones((2, 3, 5, 5))}, r"its pictures are 3 x 5 x 5; it must be 3 x 4 x 5, as in .*train"),
        ({"labels": np.array([0, 3])}, "a label is 3; it must be at most 2, the highest that is trained on"),
    ],
    ids=["shape", "class"],
)
def test_validation_must_fit_what_is_trained_on(tmp_path: Path, changed: dict[str, Any], says: str) -> None:
    """A class that was never seen cannot be predicted."""
    for name in ("train", "validation"):
        (tmp_path / name).mkdir()
    trained_on = read_images(_channel(tmp_path / "train", a=_GOOD))

    with pytest.raises(ChannelDataError, match=says):
        read_images(_channel(tmp_path / "validation", a={**_GOOD, **changed}), trained_on)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x05\x06" + bytes(17)], ids=["empty", "text", "torn"])
def test_a_file_that_is_no_npz_is_named(tmp_path: Path, content: bytes) -> None:
    """Also where it begins like one."""
    (tmp_path / "a.npz").write_bytes(content)

    with pytest.raises(ChannelDataError, match=r"a\.npz: .*numpy\.savez"):
        read_images(Channel("train", tmp_path))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """A byte that has changed is found by the checksum of the zip file."""
    channel = _channel(tmp_path, a=_GOOD)
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path) as archive:
        middle = archive.getinfo("data.npy").header_offset + 300
    content = bytearray(path.read_bytes())
    content[middle] ^= 0xFF
    path.write_bytes(content)

    with pytest.raises(ChannelDataError, match=r"a\.npz: it cannot be read \(Bad CRC"):
        read_images(channel)


def test_a_channel_without_npz_is_named(tmp_path: Path) -> None:
    """The message says what to write."""
    (tmp_path / "a.npy").touch()

    with pytest.raises(ChannelDataError, match=r"channel 'train' has no file \*\.npz; numpy\.savez"):
        read_images(Channel("train", tmp_path))


def test_classes_that_other_hosts_are_trained_on_are_allowed(tmp_path: Path) -> None:
    """A host that has a share of the data does not see all classes."""
    for name in ("train", "validation"):
        (tmp_path / name).mkdir()
    trained_on = read_images(_channel(tmp_path / "train", a=_GOOD))
    validation = _channel(tmp_path / "validation", a={**_GOOD, "labels": np.array([0, 3])})

    assert read_images(validation, trained_on, 4).classes == 4
