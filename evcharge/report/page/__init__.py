"""The page, one section a file: what each says, in words and cells that the template only places.

Each section hands the template one frozen dataclass; ``page`` puts them together, and no section imports another. A
section whose columns the data lacks is None, and the account of the data says which column. This file imports nothing:
callers name the module. What does not belong here: figures of the whole period (``rates``), what stations do now
(``now``, ``story``), and drawing (``charts``).
"""
