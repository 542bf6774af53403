"""What people read in a terminal: the only place of the report that knows rich.

What does not belong here: figures, and the words that page and terminal share (``story``, ``words``).
"""
