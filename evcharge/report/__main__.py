"""python -m evcharge.report = evcharge report."""

from evcharge.cli import main

if __name__ == "__main__":
    main("report")
