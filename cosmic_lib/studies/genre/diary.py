"""The tuning diary of the genre study: what was trained, in which order, and what the source printed."""

from __future__ import annotations

from cosmic_lib.experiment import Compile, Diary, Experiment, Fit, Inputs, Published
from cosmic_lib.studies.genre import models

SEGMENTS = Inputs("segment_features", shape=(16, 33), classes=10)

# The source states patience 7 (line 51). Batch size, loss, learning rate and the cap on epochs are our choices.
EARLY_STOPPING = Fit(epochs=100, batch_size=32, patience=7)

DIARY = Diary(
    [
        Experiment(
            name="net5_adam",
            title="Two-layer LSTM on segment features, Adam",
            parent=None,
            change=None,
            inputs=SEGMENTS,
            build=models.net5,
            compile=Compile(optimizer="adam", learning_rate=1e-3),
            fit=EARLY_STOPPING,
            published=Published(line=95, accuracy=0.85, precision=0.86, recall=0.85, f1=0.85, epochs=43),
        ),
        Experiment(
            name="net5_rmsprop",
            title="The same LSTM, RMSprop",
            parent="net5_adam",
            change="optimizer: Adam to RMSprop",
            inputs=SEGMENTS,
            build=models.net5,
            compile=Compile(optimizer="rmsprop", learning_rate=1e-3),
            fit=EARLY_STOPPING,
            published=Published(line=104, accuracy=0.83, precision=0.85, recall=0.83, f1=0.83, epochs=49),
        ),
    ]
)
