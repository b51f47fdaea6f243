"""What is left in memory of a network after its fit."""

from __future__ import annotations

import gc
import sys


def release() -> None:
    """Free the networks that nobody uses any more.

    TensorFlow registers a gradient of each training step that Keras compiles, under a name of its own, and never drops
    it: the step, its network and its optimizer would stay in memory to the end. Where TensorFlow is not loaded, or
    keeps them elsewhere, nothing is done but to collect.
    """
    ops = sys.modules.get("tensorflow.python.framework.ops")
    registered = getattr(getattr(ops, "gradient_registry", None), "_registry", {})
    for name in [name for name in registered if name.startswith("CustomGradient-")]:
        del registered[name]
    gc.collect()
