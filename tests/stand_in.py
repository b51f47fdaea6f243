"""A network's stand-in, for tests of what is done with many runs."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors

from cosmic_lib import pipeline, splits

HISTORY = {name: [1.0, 0.5] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}


class Nearest:
    """Trained in no time: it answers with the class of the nearest training item, and so knows each group again."""

    def __init__(self, prepared):
        training = prepared.parts == splits.TRAIN
        self.classes, self.labels = prepared.classes, prepared.labels[training]
        scaled = pipeline.scale(prepared.inputs[training], **prepared.scaling)
        self.training = NearestNeighbors(n_neighbors=1).fit(scaled.reshape(len(scaled), -1))

    def predict(self, batches, verbose):
        inputs = np.concatenate([np.asarray(batch) for batch in batches])
        flat = inputs.reshape(len(inputs), -1)
        nearest = self.training.kneighbors(flat, return_distance=False)[:, 0]
        return np.eye(self.classes)[self.labels[nearest]]
