"""The sections of the page, one a file: what each says, in words and cells that the template only places.

A section whose columns the data lacks is None, and the account of the data says which column. What does not belong
here: figures (``story``, ``evidence``), and markup (``templates``).
"""
