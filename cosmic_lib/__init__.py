"""Five student studies of deep learning, retold with runnable results: what they did, and what the numbers become.

Importing the package loads neither TensorFlow nor Keras; a submodule is imported when it is first used.
"""

import importlib
from types import ModuleType

__version__ = "0.1.0"

_SUBMODULES = (
    "audio",
    "catalog",
    "compare",
    "doctor",
    "evaluation",
    "experiment",
    "leakage",
    "lesson",
    "notebooks",
    "pipeline",
    "plots",
    "report",
    "reproduce",
    "splits",
    "store",
    "studies",
)
__all__ = ["__version__", *_SUBMODULES]


def __getattr__(name: str) -> ModuleType:
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
