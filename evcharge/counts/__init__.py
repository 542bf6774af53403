"""Counts made where the sessions are: the statement for other engines, and the frames that it makes.

What does not belong here: definitions and figures (``metrics``), and reports (``report``).
"""
