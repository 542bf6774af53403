"""What to do next in words of Python, made of the words of the command line: ``--tz UTC`` is ``timezone='UTC'``.

One rule serves every hint: an option is the argument of the same name, ``evcharge load`` is ``api_load.load_file``, and
any other command is for a shell. What does not belong here: hints that Python needs other words for (``python_hint`` of
``errors``).
"""

from __future__ import annotations

import csv
import re
import shlex

NAMES = {"from": "start", "to": "end", "tz": "timezone", "zone": "zones", "map": "columns"}
"""Arguments whose name is not that of their option."""
FLAGS = ("replace", "dry-run")
"""Options that take no value."""
LISTS = ("session-key", "true-words", "false-words", "null-words")
"""Options whose value is a list with commas."""
PAIRS = ("map", "zone")
"""Options whose value is a pair with ``=``; of several pairs Python makes one dict."""
COMMANDS = (
    *("chargex", "check", "compare", "config", "counts", "db", "explain", "export", "formats", "outages", "reasons"),
    *("report", "run", "sample", "stations", "unload", "uptime", "visits"),
)
"""Commands that are for a shell."""
DATABASE = "ev_charging.db"
"""The database that a call names: that of commands where nobody names one (``config.DEFAULTS``)."""

_WORD = r"""(?:'[^']*'|"[^"]*"|[^\s'"])+?(?=[.,;:)]*(?:\s|$))"""
_VALUE = rf"(?: (?!(?:and|or|to|with|says)\b|--)(?P<{{name}}>{_WORD}))?"
_OPTION = rf"(?:--(?:{'|'.join(FLAGS)})\b|--[a-z][a-z-]*{_VALUE})"
_ONE = re.compile(_OPTION.format(name="value"))
_RUN = re.sub(r"\?P<[^>]*>", "?:", rf"{_OPTION}(?: {_OPTION})*")
_CALL = re.compile(
    rf"(?P<before>\bRun: |: |\()?(?P<shell>(?<!\w)(?:evcharge (?:{'|'.join(COMMANDS)})\b|%?pip install ).*?)"
    r"(?=[.;,)]+(?: |$)|$)"
    rf"|(?P<load>(?<!\w)evcharge load\b(?: {_RUN})*(?P<file> (?![a-z]+\b[ ,;]){_WORD})?(?: {_RUN})*)"
    rf"|(?<![\w-])(?P<options>{_RUN})"
)

_SETTING = re.compile(r"\bEVCHARGE_([A-Z_]+)")


def in_python(text: str) -> str:
    """A text whose options, commands and variables of the environment are written as arguments and calls."""
    return _SETTING.sub(lambda found: found[1].lower(), _CALL.sub(_written, text))


def _written(found: re.Match[str]) -> str:
    if found["options"]:
        return _arguments(found["options"])
    if found["load"]:
        file = repr(shlex.split(found["file"])[0] if found["file"] else "FILE")
        options = found["load"].removeprefix("evcharge load").replace(found["file"] or " ", " ", 1)
        return f"evcharge.load_file({', '.join(filter(None, (file, f'db={DATABASE!r}', _arguments(options))))})"
    before = found["before"] or ""
    if re.search(r"\bshell$|notebook$", found.string[: found.start()]):
        return found[0]
    opening = {"Run: ": "Run in a shell: ", ": ": ", in a shell: ", "(": "(in a shell: "}.get(before)
    return f"{opening}{found['shell']}" if opening else f"{found['shell']} (in a shell)"


def _arguments(options: str) -> str:
    """The options as arguments with commas; what several say of one argument stands in one."""
    arguments: dict[str, str] = {}
    for found in _ONE.finditer(options):
        option, value = found[0].split(" ")[0].removeprefix("--"), found["value"]
        name = NAMES.get(option, option.replace("-", "_"))
        before = arguments.get(name, "")
        arguments[name] = _argument(option, shlex.split(value)[0] if value else None, before)
    return ", ".join(f"{name}={value}" if value else name for name, value in arguments.items())


def _argument(option: str, value: str | None, before: str) -> str:
    """The value of an argument as Python writes it; empty where only the option was named."""
    if option in FLAGS:
        return "True"
    if value is None or (option in PAIRS and "=" not in value):
        return ""
    if option in LISTS:
        return repr(next(csv.reader([value])))
    if option in PAIRS:
        key, _, text = value.rpartition("=") if option == "zone" else value.partition("=")
        pair = f"{text!r}: {key!r}" if option == "map" else f"{key!r}: {text!r}"
        return f"{before[:-1]}, {pair}}}" if before else f"{{{pair}}}"
    return value if re.fullmatch(r"N|[0-9]+(?:\.[0-9]+)?", value) else repr(value)
