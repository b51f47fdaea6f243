"""The rules for the exercises on what a network is fed and on what a step changed: properties, not values.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# The publisher's rows to pictures: `cut(rows, side) -> pictures`; rows of shape (pictures, 3 x side x side).

SIDE = 6


def _pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, size=(4, SIDE, SIDE, 3), dtype=np.uint8)


def _laid_out(pictures: np.ndarray) -> np.ndarray:
    """As the publisher has it: all of red, then green, then blue."""
    return np.concatenate([pictures[..., colour].reshape(len(pictures), -1) for colour in range(3)], axis=1)


def gives_pictures(cut: Callable) -> str | None:
    """Each row becomes one picture: height, width, and three colours last."""
    shape = np.shape(cut(_laid_out(_pictures()), SIDE))
    expected = (4, SIDE, SIDE, 3)
    return None if shape == expected else f"4 rows for pictures of {SIDE} x {SIDE} give {shape}, not {expected}"


def keeps_red_red(cut: Callable) -> str | None:
    """A row whose first third is 255 becomes a picture that is red everywhere."""
    row = np.repeat([255, 0, 0], SIDE * SIDE).astype(np.uint8)[np.newaxis]
    found = np.unique(np.asarray(cut(row, SIDE)).reshape(-1, 3), axis=0)
    if np.array_equal(found, [[255, 0, 0]]):
        return None
    return f"its pixels are {found.tolist()}; cut into three colours first, then move that axis to the end"


def keeps_lines_level(cut: Callable) -> str | None:
    """A bright first line of the picture stays a line, and does not become a column."""
    pictures = np.zeros((1, SIDE, SIDE, 3), dtype=np.uint8)
    pictures[:, 0] = 255
    bright = np.asarray(cut(_laid_out(pictures), SIDE)).max(axis=-1) == 255
    return None if bright[0, 0].all() and not bright[0, 1:].any() else "height comes before width; move one axis alone"


def undoes_the_layout(cut: Callable) -> str | None:
    """Pictures that were laid out as the publisher does come back as they were."""
    pictures = _pictures()
    wrong = int((np.asarray(cut(_laid_out(pictures), SIDE)) != pictures).sum())
    return None if not wrong else f"{wrong} of {pictures.size} values are not where they were"


# Bytes to what a network is fed: `scaled(pictures) -> pictures`, values 0 to 255 before.


def reaches_from_0_to_1(scaled: Callable) -> str | None:
    """0 becomes 0, 51 becomes a fifth, and 255 becomes 1."""
    found = np.asarray(scaled(np.array([[0.0, 51.0, 255.0]], dtype=np.float32))).ravel()
    return None if np.allclose(found, [0, 0.2, 1], atol=1e-6) else f"0, 51 and 255 become {found.tolist()}"


def leaves_the_pictures_alone(scaled: Callable) -> str | None:
    """The pictures given are the same afterwards, so that running the cell again gives the same."""
    pictures = _pictures().astype(np.float32)
    before = pictures.copy()
    first, again = (np.asarray(scaled(pictures)).copy() for _ in range(2))
    if np.array_equal(pictures, before) and np.array_equal(first, again):
        return None
    return f"the largest value was {before.max():.0f} and is {pictures.max():.4f}; make a new array instead"


def scales_every_batch_alike(scaled: Callable) -> str | None:
    """A dark picture stays dark, whatever it is scaled together with."""
    dark, light = np.full((1, 2, 2, 1), 51, dtype=np.float32), np.full((1, 2, 2, 1), 255, dtype=np.float32)
    alone, together = float(np.max(scaled(dark))), float(np.max(scaled(np.concatenate([dark, light]))[:1]))
    if np.isclose(alone, together):
        return None
    return f"51 becomes {alone:.3f} alone and {together:.3f} beside a light one; divide by a number that never changes"


# A step that changed several things, taken apart: `untangle(parent, child) -> list of settings`; dicts.

PARENT = {"convolutions": 1, "padding": "valid", "batch_size": 64, "patience": 5}
CHILD = {"convolutions": 2, "padding": "same", "batch_size": 64, "patience": None}


def _changed(settings: dict, parent: dict) -> list[str]:
    return [name for name in {**parent, **settings} if settings.get(name) != parent.get(name)]


def takes_each_change_once(untangle: Callable) -> str | None:
    """There is one set of settings for each thing that differs."""
    found = [_changed(settings, PARENT) for settings in untangle(dict(PARENT), dict(CHILD))]
    names = sorted(name for one in found for name in one)
    if len(found) == 3 and names == ["convolutions", "padding", "patience"]:
        return None
    return f"three things differ between {PARENT} and {CHILD}; yours differ from the parent in {found}"


def changes_one_thing(untangle: Callable) -> str | None:
    """Each set differs from the parent in one thing, and has there what the child has."""
    for settings in untangle(dict(PARENT), dict(CHILD)):
        names = _changed(settings, PARENT)
        if len(names) != 1 or set(settings) != set(PARENT):
            return f"{settings} differs in {names or 'nothing'}; copy the parent and set one thing"
        if settings[names[0]] != CHILD[names[0]]:
            return f"{names[0]} is {settings[names[0]]}; the child has {CHILD[names[0]]}"
    return None


def finds_nothing_in_a_repeat(untangle: Callable) -> str | None:
    """Where nothing differs there is nothing to try."""
    found = list(untangle(dict(PARENT), dict(PARENT)))
    return None if not found else f"a network and its repeat give {found}"


def leaves_both_alone(untangle: Callable) -> str | None:
    """Parent and child are the same afterwards."""
    parent, child = dict(PARENT), dict(CHILD)
    untangle(parent, child)
    if parent == PARENT and child == CHILD:
        return None
    return f"the parent is {parent} now, and the child {child}; set things in a copy"


# Labels for a loss that wants one number per output: `one_hot(labels, classes) -> array`.

LABELS = np.array([3, 0, 3, 1])


def has_one_number_per_output(one_hot: Callable) -> str | None:
    """There are as many numbers per item as classes, also where the last classes are absent."""
    shape = np.shape(one_hot(LABELS, 6))
    return None if shape == (4, 6) else f"4 labels of 6 classes give {shape}; count the classes, not the labels seen"


def marks_the_class(one_hot: Callable) -> str | None:
    """In each row, the class has a 1 and all others have 0."""
    found = np.asarray(one_hot(LABELS, 6))
    expected = [[number == label for number in range(6)] for label in LABELS]
    return None if np.array_equal(found, expected) else f"for labels {LABELS.tolist()} it is {found.tolist()}"


def takes_a_column_too(one_hot: Callable) -> str | None:
    """Labels of shape (items, 1) give the same as those of shape (items,)."""
    flat, column = np.asarray(one_hot(LABELS, 6)), np.asarray(one_hot(LABELS[:, np.newaxis], 6))
    if flat.shape == column.shape and np.array_equal(flat, column):
        return None
    return f"the shapes are {flat.shape} and {column.shape}; make the labels flat first"
