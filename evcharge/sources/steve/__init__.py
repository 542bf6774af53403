"""SteVe's transactions (``reader``): the older CSV, the data export, its tables and its connectors' statuses.

What does not belong here: the messages that SteVe exchanged with its stations (``sources.ocpp``).
"""
