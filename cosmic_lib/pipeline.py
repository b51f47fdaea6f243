"""Arrays or files to batches, in an order that a seed decides; the only module that imports TensorFlow.

Where TensorFlow is installed, batches come as a tf.data.Dataset with decoding in parallel and prefetching. Where it
is not, they come as a keras.utils.PyDataset. Both hold the same batches in the same order.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from cosmic_lib import store

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # errors reach the user as exceptions


@contextlib.contextmanager
def _without_native_log():
    """TensorFlow's native code reports on every start what hardware it lacks, past all settings: look away."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


try:
    with _without_native_log():
        import tensorflow as tf

        tf.config.list_physical_devices()
    tf.get_logger().setLevel("ERROR")  # a diary builds many networks; TensorFlow warns about each new one
except ImportError:
    tf = None


def set_up(*, seed: int) -> None:
    """Seed everything and keep to the allowed threads, so that the same seed repeats on the same CPU.

    Args:
        seed: for Python, NumPy and the Keras backend.
    """
    import keras

    if tf is not None:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(store.threads())
            tf.config.threading.set_inter_op_parallelism_threads(store.threads())
        except RuntimeError:  # TensorFlow has started already; its threads stay as they are
            pass
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)


def standardise(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Scale every feature to mean 0 and standard deviation 1, as measured on some of the rows.

    Args:
        array: shape (items, ..., features).
        rows: which items to measure, a boolean mask or row numbers: the training rows, and no others.

    Returns:
        float32, same shape.
    """
    return scale(array, *statistics(array[rows]))


def scale(
    array: np.ndarray,
    mean: np.ndarray,
    std: np.ndarray,
    low: np.ndarray | None = None,
    high: np.ndarray | None = None,
) -> np.ndarray:
    """Cut every feature off at its bounds, take a mean off it and divide by a deviation: float32, same shape."""
    if low is not None or high is not None:
        array = np.clip(array, low, high)
    # Bytes need no more digits than float32 has; whole batches of pictures take half the memory and time.
    digits = np.float32 if array.dtype == np.uint8 else np.float64
    return ((array - np.asarray(mean, digits)) / np.asarray(std, digits)).astype(np.float32, copy=False)


def outlier_bounds(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest usual value of each feature, the last axis: its quartiles and 1.5 times their distance."""
    axes = tuple(range(array.ndim - 1))
    first, third = np.quantile(array, [0.25, 0.75], axis=axes)
    return first - 1.5 * (third - first), third + 1.5 * (third - first)


def statistics(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each feature, the last axis; 1 for the deviation of one that never changes."""
    axes = tuple(range(array.ndim - 1))
    mean, std = array.mean(axis=axes, dtype=np.float64), array.std(axis=axes, dtype=np.float64)
    return mean, np.where(std > 1e-9 * np.abs(mean), std, 1.0)  # rounding alone gives about 1e-16 of the mean


def batches(
    inputs: np.ndarray | Sequence[str | Path],
    labels: np.ndarray | None = None,
    *,
    rows: np.ndarray | None = None,
    batch_size: int = 32,
    shuffle_seed: int | None = None,
    decode: Callable[[str | Path], np.ndarray] | None = None,
    transform: Callable[[np.ndarray], np.ndarray] | None = None,
    cache: str | Path | None = None,
    first_epoch: int = 0,
    use_tensorflow: bool | None = None,
):
    """Batches for `model.fit`, `evaluate` and `predict`.

    Args:
        inputs: an array, first axis the items; or paths, with `decode`.
        labels: one per item that is drawn; without them, batches hold inputs alone.
        rows: draw these items alone, a boolean mask or item numbers of the array; all by default. No copy is made, so
            that an array which is read from disk takes the memory of a batch.
        batch_size: items per batch; the last batch may be smaller.
        shuffle_seed: shuffle anew each epoch, in an order this seed decides; None keeps the order of the items.
        decode: turns a path into an array, always of the same shape and dtype; called in parallel.
        transform: what is done to a batch of inputs as it is drawn, such as scaling.
        cache: file to keep decoded items in, so that each is decoded once; its name has to change with the files and
            the decoding. It is read and written in place, so memory stays flat.
        first_epoch: epoch to begin with, for a fit that is continued.
        use_tensorflow: False gives a PyDataset although TensorFlow is there; None looks.

    Returns:
        tf.data.Dataset or keras.utils.PyDataset of (inputs, labels) or of inputs. Pass `shuffle=False` to `fit`, so
        that Keras does not shuffle the batches of a PyDataset once more. (Keras looks at the first batches of one
        before it begins; where an epoch has fewer than three, that look counts as an epoch.)

    Raises:
        ValueError: inputs and labels of unequal length, no items, or paths without `decode`.
    """
    drawn = np.arange(len(inputs))[slice(None) if rows is None else rows]
    if not len(drawn):
        raise ValueError("no items to make batches of; look at what was excluded and at the split")
    if labels is not None and len(labels) != len(drawn):
        raise ValueError(f"{len(drawn)} inputs but {len(labels)} labels; give one label per input")
    fetch: Callable[[np.ndarray], np.ndarray]
    if decode is not None:
        fetch = _Decoded(inputs, decode) if cache is None else _DecodedOnce(inputs, decode, cache)
    elif isinstance(inputs, np.ndarray):
        fetch = _Rows(inputs, drawn)
    else:
        raise ValueError("inputs are paths, so say how to read one: decode=...")
    if transform is not None:
        fetch = _Transformed(fetch, transform)
    order = _Order(len(drawn), batch_size, shuffle_seed, first_epoch)
    if use_tensorflow if use_tensorflow is not None else tf is not None:
        return _tf_dataset(fetch, labels, order)
    return _py_dataset(fetch, labels, order)


class _Rows:
    """Some items of an array."""

    def __init__(self, array: np.ndarray, rows: np.ndarray):
        self.array, self.rows = array, rows

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        items = np.asarray(self.array[self.rows[numbers]])
        store.let_go(self.array)
        return items


class _Transformed:
    """Items drawn, and something done to them."""

    def __init__(self, fetch: Callable, transform: Callable):
        self.fetch, self.transform = fetch, transform

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        return self.transform(self.fetch(numbers))


class _Order:
    """Which items are in which batch of which epoch."""

    def __init__(self, items: int, batch_size: int, shuffle_seed: int | None, first_epoch: int):
        self.items, self.batch_size = items, batch_size
        self.shuffle_seed, self.first_epoch = shuffle_seed, first_epoch

    def __len__(self) -> int:
        return -(-self.items // self.batch_size)

    def epoch(self, number: int) -> list[np.ndarray]:
        """Item numbers of each batch of an epoch."""
        if self.shuffle_seed is None:
            order = np.arange(self.items)
        else:
            order = np.random.default_rng([self.shuffle_seed, number]).permutation(self.items)
        return np.split(order, range(self.batch_size, self.items, self.batch_size))


class _Decoded:
    """Items read from files, several at a time."""

    def __init__(self, paths: Sequence[str | Path] | np.ndarray, decode: Callable):
        self.paths, self.decode = paths, decode
        self.first = np.asarray(decode(paths[0]))
        self.pool = ThreadPoolExecutor(store.threads(), thread_name_prefix="decode")

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        return np.stack(list(self.pool.map(self.read, numbers)))

    def read(self, number: int) -> np.ndarray:
        """Decode one item, and hold it against the first."""
        item, first = np.asarray(self.decode(self.paths[number])), self.first
        if item.shape != first.shape or item.dtype != first.dtype:
            raise ValueError(
                f"{self.paths[number]}: decoded to {item.dtype} {item.shape}, the first item to "
                f"{first.dtype} {first.shape}; decode every file to one shape and dtype"
            )
        return item


class _DecodedOnce(_Decoded):
    """Items that are kept in one file once they were read, each in its place."""

    def __init__(self, paths: Sequence[str | Path] | np.ndarray, decode: Callable, cache: str | Path):
        super().__init__(paths, decode)
        self.items, known = Path(f"{cache}.items"), Path(f"{cache}.known")
        self.items.parent.mkdir(parents=True, exist_ok=True)
        size = len(paths) * self.first.nbytes
        if not self.items.exists() or self.items.stat().st_size != size:
            # Sparse files: what has not been written takes no space on disk.
            for path, length in ((self.items, size), (known, len(paths))):
                with path.open("wb") as file:
                    file.truncate(length)
        self.known = np.memmap(known, dtype=bool, mode="r+")
        self._keep(0, self.first)

    def read(self, number: int) -> np.ndarray:
        """One item, from the file where it is known."""
        if not self.known[number]:
            return self._keep(number, super().read(number))
        # Not through a memory map: its pages would count as this process's memory.
        first = self.first
        values = np.fromfile(self.items, first.dtype, count=first.size, offset=number * first.nbytes)
        return values.reshape(first.shape)

    def _keep(self, number: int, item: np.ndarray) -> np.ndarray:
        with self.items.open("r+b") as file:
            file.seek(number * item.nbytes)
            file.write(item.tobytes())
        self.known[number] = True
        return item


def _tf_dataset(fetch: Callable, labels: np.ndarray | None, order: _Order):
    """Batches drawn by their numbers, in the same order as without TensorFlow.

    Not from a generator: with the first, TensorFlow 2.21 has the process hand freed memory back at once for good, and
    each step of a fit has to ask for it again.
    """
    epochs = itertools.count(order.first_epoch)
    epoch: list[np.ndarray] = []

    def items(numbers):
        return [fetch(numbers)] if labels is None else [fetch(numbers), labels[numbers]]

    def draw(number):
        if number == 0:
            epoch[:] = order.epoch(next(epochs))
        return items(epoch[number])

    sample = items(np.array([0]))

    def read(number):
        batch = tf.numpy_function(draw, [number], [one.dtype for one in sample])
        for part, one in zip(batch, sample, strict=True):
            part.set_shape([None, *one.shape[1:]])
        return batch[0] if labels is None else tuple(batch)

    # The map itself is sequential, as determinism asks for; a batch is decoded by several threads inside `fetch`.
    return tf.data.Dataset.range(len(order)).map(read).prefetch(tf.data.AUTOTUNE)


def _py_dataset(fetch: Callable, labels: np.ndarray | None, order: _Order):
    import keras

    class Batches(keras.utils.PyDataset):
        """The batches of `order`, one epoch after the other."""

        def __init__(self):
            super().__init__()
            self.number = order.first_epoch
            self.epoch = order.epoch(self.number)
            self.finished = False

        def __len__(self):
            return len(order)

        def __getitem__(self, index):
            numbers = self.epoch[index]
            self.finished = index == len(self) - 1
            return fetch(numbers) if labels is None else (fetch(numbers), labels[numbers])

        def on_epoch_end(self):
            if self.finished:  # Keras also calls this after a mere look at the first batch
                self.number += 1
                self.epoch = order.epoch(self.number)
                self.finished = False

    return Batches()
