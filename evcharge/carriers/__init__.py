"""What carries data to a reader: bytes, lines, archives, and the inputs that a call names.

What does not belong here: any format (``sources``, ``registries``).
"""
