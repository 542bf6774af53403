"""The report: what is shown of a selection of sessions, in figures and words that every medium shows.

``rates``, ``now``, ``story``, ``comparison``, ``visits``, ``reasons``, ``chargex`` and ``explain`` say what is told;
``terminal``, ``page`` and ``charts`` show it, and ``document`` writes it as JSON and CSV. This file imports none of
them: callers name the module. What does not belong here: counting and verdicts (``metrics``).
"""
