"""The core of Earshot: catalog, snapshot, summary, ranking, cursor.

Pure: no I/O, no clock, no environment. What a function needs, it takes as an argument.
"""
