"""Work ahead of its use: in order, not too far ahead, and with the errors of each item left to whoever asks."""

import threading

import pytest

from cosmic_lib import parallel


def test_results_come_in_the_order_of_the_items():
    gates = [threading.Event() for _ in range(4)]

    def wait_for_the_next(number):
        if number + 1 < len(gates):
            gates[number + 1].wait(5)
        gates[number].set()
        return number**2

    found = [(item, done.result()) for item, done in parallel.ahead(wait_for_the_next, range(4), workers=4)]
    assert found == [(0, 0), (1, 1), (2, 4), (3, 9)]


def test_few_items_are_worked_on_at_a_time():
    begun = []
    next(parallel.ahead(begun.append, range(100), workers=2))
    assert len(begun) <= parallel.AHEAD + 1


def test_an_error_is_that_of_its_item():
    found = dict(parallel.ahead(lambda number: 1 / number, [1, 0, 2], workers=2))
    assert (found[1].result(), found[2].result()) == (1, 0.5)
    with pytest.raises(ZeroDivisionError):
        found[0].result()


def test_nothing_to_do_is_nothing_done():
    assert list(parallel.ahead(print, [], workers=1)) == []
