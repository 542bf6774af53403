from __future__ import annotations

import random

import pytest

from evcharge.errors import EvchargeError
from evcharge.spool import Queue, Sorted, Spool


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def test_a_queue_hands_out_what_it_took_in_its_order():
    queue = Queue(Spool(), 3)
    values = [("é\ud800", 1), None, {"a": [1.5, True, 10**30]}, "", (), 7, "last"]
    for value in values:
        queue.add(value)
    assert list(queue.values()) == list(queue.values()) == values


def test_queues_of_one_spool_keep_apart():
    spool = Spool()
    queues = [Queue(spool, 2) for _ in range(3)]
    for number in range(30):
        queues[number % 3].add(number)
    assert [list(queue.values()) for queue in queues] == [list(range(start, 30, 3)) for start in range(3)]


def test_what_is_nested_too_deep_to_be_put_aside_stays_in_memory():
    queue, deep = Queue(Spool(), 2), nested(2_500)
    for value in ("before", deep, "after"):
        queue.add(value)
    first, second, third = queue.values()
    assert (first, third) == ("before", "after")
    assert second is deep


@pytest.mark.parametrize("run_values", [1, 7, 20_000])
def test_sorted_values_of_one_key_keep_the_order_in_which_they_came(monkeypatch, run_values):
    monkeypatch.setattr("evcharge.spool.RUN_VALUES", run_values)
    monkeypatch.setattr("evcharge.spool.PIECE_VALUES", 2)
    chance = random.Random(1)
    values = [(chance.randrange(10), number) for number in range(100)]
    rows = Sorted(Spool(), lambda value: value[0])
    for value in values:
        rows.add(value)
    assert list(rows.values()) == sorted(values, key=lambda value: value[0])


def test_a_full_disk_is_an_error_that_names_the_folder():
    class Full:
        def seek(self, _place):
            pass

        def write(self, _data):
            raise OSError(28, "No space left on device")

    spool = Spool()
    spool._file = Full()
    with pytest.raises(EvchargeError, match="takes no more: No space left on device") as error:
        spool.put(["row"])
    assert error.value.code == "no_temporary_room"
    assert "TMPDIR" in error.value.hint
