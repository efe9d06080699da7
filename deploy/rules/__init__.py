"""Puts Earshot's rules among those of an app, and finds where the two open documents of each other.

Firestore's rules are ORed: a request is allowed if any rule that matches its path allows it. So a
block of ours takes nothing from an app, but a wide rule of the app opens Earshot's documents.
"""
