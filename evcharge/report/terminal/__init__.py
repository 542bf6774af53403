"""What people read in a terminal: the only place of the report that knows rich.

What does not belong here: figures, and the words that page and terminal share (``story``, ``words``).
"""

USUAL_WIDTH = 80
"""Columns of a usual terminal. On one of fewer no word is cut or broken for the sake of a table. House rule."""
