"""Was there anything to try: states of ports on a clock, and what a rulebook makes of them; pure, without a database.

What does not belong here: reading evidence from a database (``report.uptime_of_database``), and any words for people.
"""
