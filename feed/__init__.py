"""The core of Earshot: catalog, snapshot, summary, ranking, cursor.

Pure: no clock, no environment, and no I/O but to read the scenarios that come with it. What a
function needs, it takes as an argument.
"""
