"""A file that is damaged near its end is refused whole, though its beginning was read and written by then."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from evcharge.errors import SourceError
from evcharge.frames import Cleaned, RawSessions
from evcharge.synth import write_sample
from tests.support.loading import chunks_of, dump, load


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("content") / "sound.csv"
    write_sample(path, rows=5_000, seed=5)
    return path.read_bytes()


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("gzip cut", "damaged_gzip"),
        ("gzip checksum", "damaged_gzip"),
        ("gzip followed by junk", "damaged_gzip"),
        ("bad UTF-8", "wrong_encoding"),
        ("UTF-8 cut", "wrong_encoding"),
        ("unclosed quote", "unclosed_quote"),
    ],
)
def test_a_file_damaged_near_its_end_is_refused_and_nothing_of_it_is_kept(
    url: str, tmp_path: Path, content: bytes, damage: str, code: str
) -> None:
    packed = gzip.compress(content, 1, mtime=0)
    last = content.rstrip(b"\n").rfind(b"\n") + 1
    damaged = {
        "gzip cut": packed[:-2000],
        "gzip checksum": packed[:-8] + bytes(4) + packed[-4:],
        "gzip followed by junk": packed + b"junk",
        "bad UTF-8": content[:last] + b"\xff" + content[last:],
        "UTF-8 cut": content + "é".encode()[:1],
        "unclosed quote": content[:last] + b'"' + content[last:] + content[-500:],
    }[damage]
    path = tmp_path / "damaged.csv"
    path.write_bytes(damaged)
    written: list[int] = []
    before = dump(url)
    with chunks_of(1000), pytest.MonkeyPatch.context() as patch:
        patch.setattr("evcharge.load.tally.Tally.add", counting(written))
        with pytest.raises(SourceError) as refusal:
            load(path, url)
    assert refusal.value.code == code
    assert sum(written) >= 2000  # the damage was met after most of the file
    assert dump(url) == before


def counting(written: list[int]):  # type: ignore[no-untyped-def]
    from evcharge.load.tally import Tally

    usual = Tally.add

    def add(self: Tally, raw: RawSessions, cleaned: Cleaned) -> None:
        written.append(len(raw.frame))
        usual(self, raw, cleaned)

    return add
