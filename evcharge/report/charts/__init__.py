"""Charts as pure functions: a frame in, a matplotlib Figure out; the same input gives the same bytes.

Each ``draw_…`` draws, and says the same in words in its figure's label; ``save_png`` writes a picture, ``to_svg`` an
element of a page. What does not belong here: queries, file paths, words that depend on the selection (the caller passes
``ChartText``), verdict logic (a verdict arrives as a word), and pyplot or any other state that outlives a call.
This file imports nothing: callers name the module.
"""
