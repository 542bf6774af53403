"""The import table of the design, held: which part of evcharge may import which, and who may end a transaction."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "evcharge"

FRAMES = {"pandas", "numpy"}
SQL = {"sqlalchemy"}
EXCEL = {"python_calamine"}
TOML = {"tomllib", "tomli"}  # the standard library has it from Python 3.11 on
MAY_IMPORT = {
    # part: (parts of evcharge beside itself, other people's packages); other people
    "__init__": ({"api", "api_load", "api_loaded", "api_uptime", "errors", "version"}, set()),
    "version": (set(), set()),
    "__main__": ({"cli"}, set()),
    "python_words": (set(), set()),
    "errors": ({"python_words"}, set()),
    "arrays": (set(), {"numpy"}),
    "toml": (set(), TOML),
    "config": ({"toml", "errors"}, set()),
    "column": (set(), set()),
    "frames": ({"column", "errors", "evidence"}, FRAMES),
    "evidence": ({"column"}, FRAMES),
    "kept": ({"errors"}, set()),
    "leftovers": (set(), set()),
    "output": ({"kept", "leftovers", "errors"}, set()),
    "progress": (set(), set()),  # whoever works tells it
    "station_frame": (set(), {"pandas"}),  # for a type alone
    "models": ({"station_frame"}, SQL),
    "views": ({"models"}, set()),
    "db": ({"config", "errors"}, SQL),
    "texts": ({"frames"}, set()),
    "fixed_times": ({"arrays"}, {"numpy"}),
    "times": ({"arrays"}, FRAMES),
    "instants": ({"arrays", "fixed_times", "frames", "offsets", "times"}, FRAMES),
    "ids": (set(), set()),
    "thousands": (set(), set()),
    "offsets": (set(), set()),
    "parse": ({"arrays", "frames", "ids", "texts", "thousands"}, FRAMES),
    "limits": (set(), FRAMES),
    "parsed": ({"arrays", "limits", "ids", "instants", "parse", "texts", "times", "frames"}, FRAMES),
    "rules": ({"arrays", "limits", "parsed", "parse", "times", "frames"}, FRAMES),
    "reported": ({"arrays"}, FRAMES),
    "evidence_parsed": ({"arrays", "frames", "ids", "instants", "limits", "parse", "parsed", "texts", "times"}, FRAMES),
    "evidence_rules": (
        {"arrays", "evidence", "evidence_parsed", "frames", "limits", "reported", "rules", "times"},
        FRAMES,
    ),
    "clean_evidence": (
        {"arrays", "evidence", "evidence_parsed", "evidence_rules", "frames", "parsed", "reported"},
        FRAMES,
    ),
    "evidence_runs": ({"arrays", "evidence_parsed", "spool"}, FRAMES),
    "statements": (
        {
            *("arrays", "clean_evidence", "evidence", "evidence_parsed", "evidence_rules", "evidence_runs", "frames"),
            "errors",
        },
        FRAMES,
    ),
    "clean": ({"arrays", "limits", "parsed", "rules", "instants", "parse", "frames", "errors"}, FRAMES),
    "synth": ({"frames", "output", "errors"}, FRAMES),
    "carriers": ({"leftovers", "errors"}, set()),  # knows no format
    "spool": ({"errors"}, set()),
    "sources": (
        {"carriers", "spool", "evidence", "frames", "ids", "texts", "thousands", "offsets", "errors"},
        FRAMES | TOML | EXCEL,
    ),
    "registries": ({"carriers", "sources", "frames", "errors"}, FRAMES),
    "revisions": ({"errors"}, set()),  # answers before SQLAlchemy is imported
    "migrate": ({"db", "errors", "revisions", "models", "views"}, SQL | {"alembic"}),  # comments say what tables mean
    "load": (
        {
            "carriers",
            "sources",
            "registries",
            "clean",
            "clean_evidence",
            "statements",
            "rules",
            "config",
            "progress",
            "ids",
            "instants",
            "arrays",
            "evidence",
            "evidence_rules",
            "frames",
            "models",
            "output",
            "metrics",  # what counts as a success, for the counts that a load keeps
            "db",
            "migrate",
            "views",  # which are made again when the tables are distributed
            "errors",
            "version",
        },
        FRAMES | SQL,
    ),
    "metrics": ({"arrays", "reported", "toml", "models", "errors"}, FRAMES | SQL | {"scipy"}),
    "counts": (
        {"db", "errors", "limits", "metrics", "models", "output", "progress", "version"},
        FRAMES | SQL | {"pyarrow", "sqlglot"},
    ),
    "report": (
        {
            *("arrays", "station_frame", "metrics", "reported", "spool", "db", "migrate", "errors", "output"),
            *("progress", "version"),
        },
        FRAMES | SQL | {"matplotlib", "jinja2", "rich"},
    ),
    "notify": ({"report", "errors", "output", "version"}, set()),
    "export": (
        {"counts", "report", "station_frame", "metrics", "models", "views", "migrate", "errors", "output", "progress"},
        FRAMES | SQL | {"pyarrow"},
    ),
}
MAY_IMPORT["api_arguments"] = ({"db", "errors", "load", "metrics", "sources"}, FRAMES)
MAY_IMPORT["api_figures"] = ({"errors", "report"}, FRAMES)
MAY_IMPORT["api_parts"] = ({"db", "errors", "kept", "metrics", "migrate", "report"}, FRAMES | SQL)
MAY_IMPORT["api_star"] = (
    {"api_arguments", "counts", "errors", "leftovers", "load", "metrics", "migrate", "report", "sources"},
    FRAMES | SQL,
)
MAY_IMPORT["api"] = (
    {
        *("api_arguments", "api_figures", "api_parts", "api_star"),
        *("config", "errors", "kept", "load", "metrics", "migrate", "output", "report"),
    },
    FRAMES | SQL,
)
MAY_IMPORT["api_load"] = (
    {
        *("api_arguments", "api_loaded", "carriers", "db", "errors", "kept", "load", "migrate", "sources"),
    },
    FRAMES | SQL,
)
MAY_IMPORT["api_loaded"] = ({"load", "python_words", "report"}, FRAMES)
MAY_IMPORT["api_uptime"] = ({"api_arguments", "errors", "metrics", "migrate", "report"}, FRAMES | SQL)
MAY_IMPORT["cli"] = (MAY_IMPORT.keys() | {"version"}, FRAMES | {"click", "rich"})
LATE = {
    "pandas",
    "numpy",
    "sqlalchemy",
    "matplotlib",
    "jinja2",
    "scipy",
    "alembic",
    "python_calamine",
    "pyarrow",
    "sqlglot",
}


def part_of(file, package):
    """The part a file belongs to; each ``__main__`` is a door to the command line and nothing else."""
    return "__main__" if file.stem == "__main__" else file.relative_to(package).parts[0].removesuffix(".py")


def imported(node, file, package):
    """What an import statement names, as dotted paths from the root."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = (node.module or "").split(".") if node.module else []
    if node.level:
        base = ["evcharge", *file.relative_to(package).parts[: -node.level], *base]
    return [".".join([*base, alias.name]) for alias in node.names]


def parts_of(package):
    """The parts that there are."""
    return {part_of(file, package) for file in package.rglob("*.py")}


def targets(statements, file, package, parts):
    """Parts of evcharge, of those that there are, and packages outside the standard library, that these import."""
    ours, others = set(), set()
    for node in statements:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for path in imported(node, file, package):
                top, *rest = path.split(".")
                if top == "evcharge":
                    ours.add(rest[0] if rest and rest[0] in parts else "version")
                elif top not in sys.stdlib_module_names:
                    others.add(top)
    return ours, others


def files_of(package):
    """Each Python file with its part and its syntax tree."""
    for file in sorted(package.rglob("*.py")):
        yield file, part_of(file, package), ast.parse(file.read_text(encoding="utf-8"))


def breaches(package):
    """Each import that the table does not allow, and each part that is missing on either side."""
    found, parts = [f"{part}: {trouble}" for part, trouble in missing(package)], parts_of(package)
    for file, part, tree in files_of(package):
        may_ours, may_others = MAY_IMPORT.get(part, (set(), set()))
        ours, others = targets(ast.walk(tree), file, package, parts)
        wrong = (ours - may_ours - {part}) | (others - may_others)
        found += [f"{file.relative_to(package).as_posix()} imports {name}" for name in sorted(wrong)]
    return found


def missing(package):
    """Parts that the table names and the package lacks, and the other way round."""
    there = {part for _, part, _ in files_of(package)}
    yield from ((part, "in the table, not in the package") for part in sorted(MAY_IMPORT.keys() - there))
    yield from ((part, "in the package, not in the table") for part in sorted(there - MAY_IMPORT.keys()))


def test_every_import_is_in_the_table_and_every_part_is_there():
    assert breaches(PACKAGE) == []


@pytest.mark.parametrize(
    ("file", "line", "breach"),
    [
        ("metrics/rates.py", "from evcharge.report.rates import to_csv", "metrics/rates.py imports report"),
        ("clean.py", "import evcharge.db", "clean.py imports db"),
        ("frames.py", "from evcharge import db, models", "frames.py imports db"),
        ("sources/table.py", "from ..load import load_file", "sources/table.py imports load"),
        ("models.py", "def f():\n    import pandas.core", "models.py imports pandas"),
        ("load/__main__.py", "from evcharge.load import load_file", "load/__main__.py imports load"),
        ("uptime.py", "", "uptime: in the package, not in the table"),
    ],
)
def test_a_wrong_import_is_found(tmp_path, file, line, breach):
    for part in MAY_IMPORT:
        (tmp_path / f"{part}.py").touch()
    assert breaches(tmp_path) == []
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(line)
    assert breach in breaches(tmp_path)


def test_a_part_that_has_gone_is_missed(tmp_path):
    for part in MAY_IMPORT.keys() - {"metrics"}:
        (tmp_path / f"{part}.py").touch()
    assert breaches(tmp_path) == ["metrics: in the table, not in the package"]


SHOWN_BY = {"rich": ("report/terminal/", "cli/"), "jinja2": ("report/page/",), "matplotlib": ("report/charts/",)}
"""What shows things, and the only rooms that may import it, for a type alone neither."""


def strangers(package):
    """Each import of what shows things outside its rooms."""
    found, parts = [], parts_of(package)
    for file, _, tree in files_of(package):
        name = file.relative_to(package).as_posix()
        _, others = targets(ast.walk(tree), file, package, parts)
        wrong = [other for other in others & SHOWN_BY.keys() if not name.startswith(SHOWN_BY[other])]
        found += [f"{name} imports {other}" for other in sorted(wrong)]
    return found


@pytest.mark.thorough
def test_only_its_own_rooms_import_what_shows_things():
    assert strangers(PACKAGE) == []


@pytest.mark.parametrize(
    ("file", "line", "breach"),
    [
        ("report/visits.py", "from rich.console import Console", "report/visits.py imports rich"),
        ("report/page/page.py", "import rich", "report/page/page.py imports rich"),
        ("cli/report.py", "def f():\n    import jinja2", "cli/report.py imports jinja2"),
        ("report/terminal/story.py", "from jinja2 import Environment", "report/terminal/story.py imports jinja2"),
        (
            "report/page/figures.py",
            "if TYPE_CHECKING:\n    from matplotlib.figure import Figure",
            "report/page/figures.py imports matplotlib",
        ),
        ("report/charts.py", "import matplotlib", "report/charts.py imports matplotlib"),
    ],
)
def test_what_shows_things_is_found_outside_its_rooms(tmp_path, file, line, breach):
    for room, package in (("report/terminal", "rich"), ("report/page", "jinja2"), ("report/charts", "matplotlib")):
        (tmp_path / room).mkdir(parents=True)
        (tmp_path / room / "right.py").write_text(f"import {package}")
    assert strangers(tmp_path) == []
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(line)
    assert strangers(tmp_path) == [breach]


LONGEST_CHAIN = {"report": 5, "sources": 9}
"""How many files deep a part's own imports may go; a lower number is progress, a higher one is not."""


def module_of(file, package):
    """The module of a file below the package, as a dotted path; a face is its folder."""
    return ".".join(file.relative_to(package).with_suffix("").parts).removesuffix(".__init__")


def graph_of(package, part):
    """Each module of a part with those of the same part that it imports, wherever in the file."""
    files = {module_of(file, package): file for file in (package / part).rglob("*.py")}
    graph = {}
    for name, file in files.items():
        paths = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                paths.update(path.removeprefix("evcharge.") for path in imported(node, file, package))
        inside = {path if path in files else path.rpartition(".")[0] for path in paths}
        graph[name] = (inside & files.keys()) - {name}
    return graph


def longest_chain(package, part):
    """The longest row of modules of a part of which each imports the next."""
    graph, chains = graph_of(package, part), {}

    def chain(name, above):
        assert name not in above, f"a circle: {' > '.join([*above, name])}"
        if name not in chains:
            below = [chain(other, (*above, name)) for other in sorted(graph[name])]
            chains[name] = [name, *max(below, key=len, default=[])]
        return chains[name]

    return max((chain(name, ()) for name in sorted(graph)), key=len)


@pytest.mark.parametrize("part", LONGEST_CHAIN)
def test_the_longest_chain_of_imports_in_a_part_grows_no_longer(part):
    chain = longest_chain(PACKAGE, part)
    assert len(chain) == LONGEST_CHAIN[part], " > ".join(chain)


@pytest.mark.parametrize(
    "part", sorted({file.parent.name for file in PACKAGE.glob("*/__init__.py")} - LONGEST_CHAIN.keys())
)
def test_no_files_of_a_part_import_each_other_in_a_circle(part):
    assert longest_chain(PACKAGE, part)  # fails where a chain comes back to a file that is in it


def test_a_chain_counts_late_and_relative_imports_and_those_of_a_module_by_its_name(tmp_path):
    (tmp_path / "report" / "page").mkdir(parents=True)
    for name, line in {
        "words": "import math",
        "story": "from evcharge.report import words",
        "rates": "def f():\n    from evcharge.report.story import Story",
        "page/page": "from ..rates import Report",
        "page/__init__": "import evcharge.report.page.page",
    }.items():
        (tmp_path / "report" / f"{name}.py").write_text(line)
    chain = ["report.page", "report.page.page", "report.rates", "report.story", "report.words"]
    assert longest_chain(tmp_path, "report") == chain


def test_a_circle_of_imports_is_found(tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "a.py").write_text("from evcharge.report.b import x")
    (tmp_path / "report" / "b.py").write_text("def f():\n    from evcharge.report.a import y")
    with pytest.raises(AssertionError, match=r"report\.a > report\.b > report\.a"):
        longest_chain(tmp_path, "report")


MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 50


def too_long(package, *parts):
    """Each file, and each function, of these parts that is longer than may be."""
    found = []
    for file, part, tree in files_of(package):
        name = file.relative_to(package).as_posix()
        if part not in parts:
            continue
        if len(file.read_text(encoding="utf-8").splitlines()) > MOST_LINES:
            found.append(name)
        functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
        long = (one for one in functions if one.end_lineno - one.lineno + 1 > MOST_LINES_OF_A_FUNCTION)
        found += [f"{name}: {one.name}" for one in long]
    return found


def test_no_file_and_no_function_of_report_and_command_line_is_too_long():
    assert too_long(PACKAGE, "report", "cli") == []


def test_what_is_too_long_is_found(tmp_path):
    (tmp_path / "cli").mkdir()
    (tmp_path / "cli" / "load.py").write_text("def f():\n" + "    pass\n" * 49)
    assert too_long(tmp_path, "cli") == []
    (tmp_path / "cli" / "load.py").write_text("def f():\n" + "    pass\n" * 50)
    assert too_long(tmp_path, "cli") == ["cli/load.py: f"]
    (tmp_path / "cli" / "load.py").write_text("pass\n" * 401)
    assert too_long(tmp_path, "cli") == ["cli/load.py"]


def test_the_command_line_imports_the_rest_late():
    for file in (PACKAGE / "cli").glob("*.py"):
        ours, others = targets(ast.parse(file.read_text(encoding="utf-8")).body, file, PACKAGE, parts_of(PACKAGE))
        assert ours <= {"cli", "errors", "version"}, file
        assert others <= {"click"}, file


def lines_with(pattern, *folders):
    """File and text of each line of code in which the pattern stands."""
    return [
        (file.relative_to(ROOT).as_posix(), line.strip())
        for folder in folders
        for file in sorted(folder.rglob("*.py"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(pattern, line)
    ]


def test_only_the_loader_begins_commits_or_rolls_back():
    found = lines_with(r"\.(begin|begin_nested|commit|rollback)\(", PACKAGE, ROOT / "migrations")
    assert {file for file, _ in found} == {"evcharge/load/transaction.py"}
    begun = [re.search(r"(\w+)\.begin\(", line)[1] for _, line in found if ".begin(" in line]
    assert begun == ["session", "engine"]  # THE transaction, and the short one of hours


def test_only_the_hook_of_the_engine_and_the_migrations_open_a_transaction_in_other_words():
    words = r"""def begin\(|["'](BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b|begin_transaction\("""
    assert lines_with(words, PACKAGE, ROOT / "migrations") == [
        ("evcharge/db.py", "def begin(connection: Connection) -> None:"),
        ("evcharge/db.py", 'connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")'),
        ("migrations/env.py", "with context.begin_transaction():"),
        ("migrations/env.py", "with context.begin_transaction():"),
    ]


def test_no_migration_imports_evcharge():
    versions = sorted((ROOT / "migrations" / "versions").glob("*.py"))
    assert versions
    for file in versions:
        ours, others = targets(ast.walk(ast.parse(file.read_text(encoding="utf-8"))), file, PACKAGE, parts_of(PACKAGE))
        assert not ours, file.name
        assert others <= {"alembic", "sqlalchemy"}, file.name


@pytest.mark.parametrize(
    "program",
    [
        "import evcharge.cli",
        "from evcharge.cli import run_command; assert run_command(['--help']) == 0",
        "from evcharge.cli import run_command; assert run_command(['load', '--help']) == 0",
        "from evcharge.cli import run_command; assert run_command(['--version']) == 0",
    ],
)
def test_help_and_the_command_line_itself_load_nothing_heavy(program):
    tell = f"import sys; print(sorted({LATE!r} & sys.modules.keys()), file=sys.stderr)"
    run = subprocess.run(
        [sys.executable, "-c", f"{program}; {tell}"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stderr.strip() == "[]"


def loaded_by(program):
    """Which of what shows things a fresh process loads that runs this program."""
    tell = f"import sys; print(*sorted({set(SHOWN_BY)!r} & sys.modules.keys()))"
    run = subprocess.run(
        [sys.executable, "-c", f"{program}; {tell}"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return run.stdout.split()


@pytest.mark.thorough
def test_the_api_loads_nothing_that_shows_things():
    assert loaded_by("import evcharge.api") == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("module", "package"),
    [("terminal.story", "rich"), ("page.page", "jinja2"), ("charts.save", "matplotlib")],
)
def test_what_shows_things_is_seen_once_it_is_loaded(module, package):
    assert package in loaded_by(f"import evcharge.report.{module}")
