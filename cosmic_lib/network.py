"""A network that can be made as new, which costs less than a new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras


class Network:
    """A compiled network that can be fitted time and again as if it had just been built.

    A fit costs more than its steps: the backend works out how to do one, once for each network. What is fitted later
    comes to what a network built afresh would come to.

    Args:
        model: compiled, and not fitted yet.
    """

    def __init__(self, model: keras.Model):
        self.model = model
        model.optimizer.build(model.trainable_variables)
        self._state, self._optimizer = _values(model.variables), _values(model.optimizer.variables)

    def renew(self, like: keras.Model | None = None) -> None:
        """Go back to the weights of the beginning, or take those of another network built in the same way.

        The state of dropout and the like comes with them: it is among the variables of a model, though not among its
        weights. The optimizer stays as it is, see `renew_optimizer`.
        """
        _assign(self.model.variables, self._state if like is None else _values(like.variables))

    def renew_optimizer(self) -> None:
        """Go on from the weights that are there with an optimizer that is as new."""
        _assign(self.model.optimizer.variables, self._optimizer)


def _values(variables: Sequence[Any]) -> list[np.ndarray]:
    import keras

    return [keras.ops.convert_to_numpy(variable).copy() for variable in variables]


def _assign(variables: Sequence[Any], values: Sequence[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
