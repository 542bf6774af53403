"""Measurements of evcharge beside other ways to do the same; see README.md."""
