"""evcharge: charging sessions in, a defensible reliability number per station out."""

__version__ = "0.1.0"
