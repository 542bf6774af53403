"""Figures from the star, one family a file: SQL counts, Python divides.

What does not belong here: files, charts, and any figure without its definition and its count.
"""
