"""OCPP 1.6J and 2.0.1 message logs (``reader``): messages, pairing, and what an attempt says.

What does not belong here: any other format.
"""
