"""What changed since the last saved report, told to somebody: a webhook, a mail, or a file.

``target`` says to whom, ``message`` what; ``send`` does it. What does not belong here: what changed (``report.since``),
and when it is told (``cli.notify``).
"""
