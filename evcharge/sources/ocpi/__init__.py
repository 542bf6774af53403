"""OCPI Sessions and CDRs, 2.1.1 to 2.3.0 (``reader``), and the messages that carry them.

What does not belong here: OCPI Locations (``registries.ocpi``).
"""
