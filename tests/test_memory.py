"""Networks that were trained and dropped leave nothing behind."""

from __future__ import annotations

import gc
import weakref

import numpy as np

from cosmic_lib import memory, pipeline


def trained():
    """A network after one step; and a hold on the memory of its first weights that keeps nothing alive."""
    import keras

    pipeline.set_up(seed=0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile("adam", "mse")
    model.fit(np.zeros((4, 4)), np.zeros((4, 3)), verbose=0)
    return model, weakref.ref(model.layers[0].kernel.value.handle)


def test_a_dropped_network_is_freed_and_one_in_use_is_not():
    kept, handle_of_kept = trained()
    model, handle = trained()
    del model
    gc.collect()
    memory.release()
    assert handle() is None
    assert handle_of_kept() is not None
    kept.fit(np.zeros((4, 4)), np.zeros((4, 3)), verbose=0)
    kept.fit(np.zeros((3, 4)), np.zeros((3, 3)), verbose=0)  # another batch size, traced anew


def test_without_tensorflow_it_only_collects(monkeypatch):
    import sys

    monkeypatch.delitem(sys.modules, "tensorflow.python.framework.ops", raising=False)
    memory.release()
    assert "tensorflow.python.framework.ops" not in sys.modules
