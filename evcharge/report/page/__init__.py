"""The page, one section a file: what each says, in words and cells that the template only places.

A section whose columns the data lacks is None, and the account of the data says which column. What does not belong
here: figures of the whole period (``rates``), what stations do now (``now``, ``story``), and drawing (``charts``).
"""

from evcharge.report.page.page import build_page, render_page

__all__ = ["build_page", "render_page"]
