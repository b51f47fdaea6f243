"""The rules for the exercises on the GAN: properties, not values, as in `exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

# Which half of a GAN a step moves: `moved(gan, step) -> set of "generator", "discriminator"`; `step()` makes one step.


class Half:
    """As much of a network as the rules need."""

    def __init__(self) -> None:
        self.weights = [np.zeros((3, 2)), np.zeros(2), np.zeros((2, 1))]

    def get_weights(self) -> list[np.ndarray]:
        """Copies of its weights, layer by layer."""
        return [values.copy() for values in self.weights]


class Halves:
    """A GAN that moves when and as it is told."""

    def __init__(self) -> None:
        self.generator, self.discriminator = Half(), Half()
        self.steps = 0

    def step(self, *moving: str, layer: int = 0, by: float = 0.1) -> Callable:
        """A step in which some halves move: two weights of one layer, in opposite directions."""

        def make() -> None:
            self.steps += 1
            for name in moving:
                weights = getattr(self, name).weights[layer].reshape(-1)
                weights[:2] += by, -by

        return make


def _answers(moved: Callable, *moving: str, **how) -> set[str]:
    gan = Halves()
    return set(moved(gan, gan.step(*moving, **how)))


def _named(halves: Iterable[str]) -> str:
    return " and ".join(sorted(halves)) or "neither half"


def names_the_half_that_moves(moved: Callable) -> str | None:
    """When one half moves, it names that half and not the other."""
    for half in ("generator", "discriminator"):
        found = _answers(moved, half)
        if found != {half}:
            return f"only the {half} moved, and it names {_named(found)}; take the weights before and after the step"
    return None


def tells_both_from_none(moved: Callable) -> str | None:
    """It names both halves when both move, and none when nothing does."""
    for moving in (("generator", "discriminator"), ()):
        found = _answers(moved, *moving)
        if found != set(moving):
            return f"{_named(moving)} moved, and it names {_named(found)}"
    return None


def looks_at_every_weight(moved: Callable) -> str | None:
    """A small move is seen in whichever layer it happens, even if the sum of the weights stays."""
    for layer in range(2):
        if _answers(moved, "generator", layer=layer, by=1e-6) != {"generator"}:
            return f"two weights of layer {layer} moved by a millionth, one up, one down; compare number by number"
    return None


def makes_one_step(moved: Callable) -> str | None:
    """The step is made once."""
    gan = Halves()
    moved(gan, gan.step("generator"))
    return None if gan.steps == 1 else f"it was made {gan.steps} times; call step() once"


# Add made-up items: `add_made(inputs, labels, parts, made, made_labels) -> (inputs, labels, parts)`.


def _items() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Twelve real items and six made-up ones, each of which can be known by its input; labels go with inputs."""
    real, made = np.arange(12.0).reshape(12, 1), 100 + np.arange(6.0).reshape(6, 1)
    parts = np.array(["train", "held_out", "train", "validation", "train", "test"] * 2, dtype=object)
    return real, (real[:, 0] % 3).astype(int), parts, made, (made[:, 0] % 3).astype(int)


def _added(add_made: Callable) -> list[tuple[float, int, str]]:
    """Input, label and part of each item of the answer."""
    items = zip(*add_made(*_items()), strict=False)  # another rule is about their lengths
    return [(float(np.ravel(one)[0]), int(label), str(part)) for one, label, part in items]


def keeps_each_real_item_in_its_part(add_made: Callable) -> str | None:
    """Every real item is still there once, with its label, in the part it was dealt."""
    real, labels, parts, _, _ = _items()
    expected = sorted(zip(real[:, 0].tolist(), labels.tolist(), parts.tolist(), strict=True))
    found = sorted(item for item in _added(add_made) if item[0] < 100)
    if found == expected:
        return None
    strayed = [item for item in expected if item not in found] or found
    return f"{len(found)} of {len(expected)} are there, and not so: input, label and part {strayed[0]}"


def adds_every_made_item(add_made: Callable) -> str | None:
    """Every made-up item is added once, with the label it was made for; inputs, labels and parts are equally long."""
    made, labels = _items()[3:]
    lengths = [len(array) for array in add_made(*_items())]
    if len(set(lengths)) != 1:
        return f"there are {lengths[0]} inputs, {lengths[1]} labels and {lengths[2]} parts"
    expected = sorted(zip(made[:, 0].tolist(), labels.tolist(), strict=True))
    found = sorted(item[:2] for item in _added(add_made) if item[0] >= 100)
    return None if found == expected else f"inputs and labels made were {expected}, and those added are {found}"


def keeps_made_items_in_training(add_made: Callable) -> str | None:
    """No made-up item is in validation, among those held out, or in the test part."""
    strayed = [part for value, _, part in _added(add_made) if value >= 100 and part != "train"]
    return f"{len(strayed)} of 6 are, such as one in {strayed[0]}; only real items may be scored" if strayed else None


def leaves_what_it_was_given(add_made: Callable) -> str | None:
    """What it was given stays as it was."""
    given = _items()
    add_made(*given)
    same = all(np.array_equal(one, other) for one, other in zip(given, _items(), strict=True))
    return None if same else "an array that it was given has changed; make new ones, with np.concatenate"
