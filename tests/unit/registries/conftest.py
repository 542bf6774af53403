"""Registries written to a file and read back."""

from __future__ import annotations

import json

import pytest

from evcharge.errors import SourceError
from evcharge.registries import read_registry
from evcharge.sources import open_file


@pytest.fixture
def registry_of(tmp_path):
    """Reads what is given: bytes as they are, text as UTF-8, anything else as one JSON document."""

    def read(data, encoding="utf-8"):
        if not isinstance(data, bytes):
            data = (data if isinstance(data, str) else json.dumps(data)).encode()
        path = tmp_path / "registry"
        path.write_bytes(data)
        with open_file(path) as file:
            return read_registry(file, encoding)

    return read


@pytest.fixture
def refusal(registry_of):
    """The error that a file is refused with."""

    def refused(data, **how):
        with pytest.raises(SourceError) as caught:
            registry_of(data, **how)
        return caught.value

    return refused


@pytest.fixture
def told(registry_of):
    """What is told of a file: oddities and rejects with their counts."""

    def tell(data):
        registry = registry_of(data)
        rejects = {}
        for reject in registry.rejects:
            rejects[reject.rule] = rejects.get(reject.rule, 0) + 1
        return {code: oddity.count for code, oddity in registry.oddities.items()}, rejects, registry

    return tell
