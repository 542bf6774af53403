"""python -m evcharge.load = evcharge load."""

from evcharge.cli import main

if __name__ == "__main__":
    main("load")
