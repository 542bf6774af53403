"""Opening, hashing, unpacking: what is a file, and that it stays the one that was opened."""

from __future__ import annotations

import gzip
import hashlib
import os
import socket
import time
import tracemalloc
from pathlib import Path

import pytest

from evcharge.carriers import file as carrier
from evcharge.carriers.file import printable
from evcharge.errors import SourceError
from evcharge.sources import builtin_profiles, open_file, pick_profile, read

HEADER = "session_id,station_id,start_time,end_time,energy_kwh\n"
ROW = "s1,A,2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,7.5\n"


def code_of_opening(path: object) -> str:
    began = time.monotonic()
    with pytest.raises(SourceError) as caught, open_file(path):  # type: ignore[arg-type]
        pass
    assert time.monotonic() - began < 1
    assert caught.value.reason
    return caught.value.code


def test_a_folder_is_refused(tmp_path):
    assert code_of_opening(tmp_path) in ("not_a_regular_file", "cannot_open")


def test_a_missing_file_is_refused(tmp_path):
    assert code_of_opening(tmp_path / "no.csv") == "file_not_found"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this system")
def test_a_fifo_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert code_of_opening(tmp_path / "pipe") == "not_a_regular_file"


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no such sockets on this system")
def test_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        assert code_of_opening("s") in ("cannot_open", "not_a_regular_file")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero on this system")
def test_an_endless_device_is_refused():
    assert code_of_opening("/dev/zero") == "not_a_regular_file"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path):
    path = tmp_path / "secret.csv"
    path.write_text(HEADER)
    path.chmod(0)
    assert code_of_opening(path) == "cannot_open"


@pytest.mark.parametrize("name", ["a\0b.csv", "x" * 5000, "file.csv/below", "\ud800.csv"])
def test_a_name_that_cannot_be_is_refused_with_a_reason(tmp_path, name):
    (tmp_path / "file.csv").touch()
    assert code_of_opening(f"{tmp_path}/{name}") in ("cannot_open", "file_not_found")


def test_a_loop_of_links_is_refused(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert code_of_opening(tmp_path / "a") == "cannot_open"


def test_a_link_to_a_file_is_read_as_the_file(tmp_path):
    (tmp_path / "real.csv").write_text(HEADER + ROW)
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    with open_file(tmp_path / "link.csv") as link, open_file(tmp_path / "real.csv") as real:
        assert link.sha256 == real.sha256


def test_hash_and_size_are_those_of_the_bytes_on_disk(tmp_path):
    data = gzip.compress((HEADER + ROW).encode(), mtime=0)
    (tmp_path / "f.csv").write_bytes(data)
    with open_file(tmp_path / "f.csv") as file:
        assert (file.sha256, file.size_bytes) == (hashlib.sha256(data).hexdigest(), len(data))


def test_the_position_ends_at_the_size_on_disk(tmp_path):
    (tmp_path / "f.csv").write_bytes(gzip.compress((HEADER + ROW * 9000).encode(), mtime=0))
    with open_file(tmp_path / "f.csv") as file:
        for _ in read(file, builtin_profiles()["native"]):
            assert 0 < file.position() <= file.size_bytes
        assert file.position() == file.size_bytes


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a.csv", "a.csv"),
        ("a\nb.csv", "a\\nb.csv"),
        ("a\udcff.csv", "a\\udcff.csv"),
        ("é🔌.csv", "é🔌.csv"),
        ("\x1b[2J", "\\x1b[2J"),
    ],
)
def test_a_name_is_shown_on_one_line_without_control_characters(text, shown):
    assert printable(text) == shown


def test_gzip_is_told_by_its_bytes_and_not_by_the_name(read_bytes):
    assert len(read_bytes(gzip.compress((HEADER + ROW).encode(), mtime=0))) == 1


def test_gzip_members_in_a_row_are_one_file(read_bytes):
    assert len(read_bytes(gzip.compress(HEADER.encode(), mtime=0) + gzip.compress(ROW.encode(), mtime=0))) == 1


def test_a_gzipped_file_that_unpacks_to_too_much_is_refused_while_it_streams_as_an_archive_is(tmp_path, monkeypatch):
    monkeypatch.setattr(carrier, "MAX_UNPACKED_BYTES", 100_000)
    (tmp_path / "bomb.csv").write_bytes(gzip.compress(b"a" * 1_000_000, mtime=0))
    unpacked = []
    with open_file(tmp_path / "bomb.csv") as file, pytest.raises(SourceError) as caught:
        unpacked.extend(map(len, file.unpacked()))
    assert caught.value.code == "archive_too_large"
    assert caught.value.reason == "bomb.csv unpacks to more than 100,000 bytes."
    assert caught.value.hint.startswith("Unpack it yourself")
    assert 0 < sum(unpacked) <= 100_000


@pytest.mark.parametrize("data", [b"a" * 1_000_000, gzip.compress(b"a" * 100_000, mtime=0)])
def test_a_plain_file_may_be_of_any_length_and_a_gzipped_one_may_unpack_to_the_limit(tmp_path, monkeypatch, data):
    monkeypatch.setattr(carrier, "MAX_UNPACKED_BYTES", 100_000)
    (tmp_path / "long.csv").write_bytes(data)
    with open_file(tmp_path / "long.csv") as file:
        assert sum(map(len, file.unpacked())) >= 100_000


PACKED = gzip.compress((HEADER + ROW * 20_000).encode() + os.urandom(0), mtime=0)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(PACKED[:-20], id="truncated"),
        pytest.param(PACKED[:12], id="cut in its header"),
        pytest.param(PACKED + b"junk", id="trailing junk"),
        pytest.param(PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], id="bad CRC"),
        pytest.param(PACKED[:200] + b"\xff\xff\xff\xff" + PACKED[204:], id="bad bytes"),
    ],
)
def test_damaged_gzip_is_refused(refusal, data):
    assert refusal(data).code == "damaged_gzip"


def test_a_gzip_bomb_without_line_ends_is_refused_in_little_memory(refusal):
    bomb = gzip.compress(HEADER.encode(), mtime=0) + gzip.compress(b"0" * 1_000_000, mtime=0) * 100
    tracemalloc.start()
    try:
        assert refusal(bomb).code == "line_too_long"
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.thorough
@pytest.mark.parametrize("change", ["append", "replace", "truncate"])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, change):
    path = tmp_path / "growing.csv"
    path.write_text(HEADER + ROW * 20_000)
    with open_file(path) as file:
        profile = pick_profile(file, builtin_profiles().values())
        text = {"append": HEADER + ROW * 20_001, "replace": HEADER + ROW.replace("7.5", "9.5") * 20_000}
        path.write_text(text.get(change, HEADER + ROW))
        with pytest.raises(SourceError) as caught:
            list(read(file, profile))
    assert caught.value.code == "changed_while_read"


def test_a_file_can_be_read_twice_in_one_opening(tmp_path):
    (tmp_path / "f.csv").write_text(HEADER + ROW * 3)
    with open_file(tmp_path / "f.csv") as file:
        profile = pick_profile(file, builtin_profiles().values())
        assert [sum(len(c.frame) for c in read(file, profile)) for _ in range(2)] == [3, 3]
