from __future__ import annotations

import json

import pytest

from evcharge.report.document import indented

DOCUMENTS = [
    {},
    [],
    None,
    "a",
    {"a": 1},
    {"a": [], "b": {}, "c": None, "d": float("nan"), "e": 0.1 + 0.2, "f": True},
    {"rows": [{"id": 'é, "x": {\n  🚗', "now": {"rate": 0.95, "of": [1, 2]}}, {"id": "", "now": {}}], "none": []},
    [[], [1, [2, [3]]], {"a": {"b": {"c": []}}}],
    [{"a": (1, 2)}, ()],
    {"a": {"1": [0]}},
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=repr)
def test_a_document_is_indented_as_python_does_it(document):
    assert indented(document) == json.dumps(document, indent=2)
