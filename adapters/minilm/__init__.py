"""all-MiniLM-L6-v2, a small sentence encoder that a package carries, computed with numpy."""

NAME = "all-minilm-l6-v2"
"""name of the model in a snapshot's header"""
