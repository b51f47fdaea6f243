"""Stand-ins for what takes long, for tests of what is done around it.

python tests/stand_in.py is the command line, except that no network is trained and a notebook has one cell.
"""

from __future__ import annotations

import gc
import zlib

import numpy as np
from sklearn.neighbors import NearestNeighbors

from cosmic_lib import pipeline, splits

HISTORY = {name: [1.0, 0.5] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}


class Nearest:
    """Trained in no time: it answers with the class of the nearest training item, and so knows each group again.

    It keeps four fifths of those items, other ones for another experiment or seed, as no two networks are alike.
    """

    def __init__(self, experiment, prepared, seed):
        chance = np.random.default_rng([zlib.crc32(experiment.name.encode()), seed]).random(len(prepared.parts))
        training = (prepared.parts == splits.TRAIN) & (chance < 0.8)
        self.experiment, self.shape = experiment, prepared.inputs.shape[1:]
        self.classes, self.labels = prepared.classes, prepared.labels[training]
        scaled = pipeline.scale(prepared.inputs[training], **prepared.scaling)
        self.training = NearestNeighbors(n_neighbors=1).fit(scaled.reshape(len(scaled), -1))

    def predict(self, batches, verbose):
        inputs = np.concatenate([np.asarray(batch) for batch in batches])
        flat = inputs.reshape(len(inputs), -1)
        nearest = self.training.kneighbors(flat, return_distance=False)[:, 0]
        return np.eye(self.classes)[self.labels[nearest]]

    def get_weights(self):
        """Of the network that it stands for, untrained."""
        return self.experiment.build(self.shape, self.classes).get_weights()


def train(experiment, prepared, *, seed, **settings):
    """In place of `training.train`."""
    return Nearest(experiment, prepared, seed), HISTORY, False


def main() -> None:
    import nbformat

    from cosmic_lib import cli, experiment

    read = nbformat.read

    def read_short(path, as_version):
        notebook = read(path, as_version)
        notebook.cells = [nbformat.v4.new_code_cell("print('in place of all cells')")]
        return notebook

    experiment.train, nbformat.read = train, read_short
    gc.freeze()  # what was imported stays: the collector need not look through it after each run
    cli.main()


if __name__ == "__main__":
    main()
