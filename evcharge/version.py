"""The version of evcharge, below everything.

What does not belong here: the schema's revision (``migrate``).
"""

__version__ = "0.1.0"
