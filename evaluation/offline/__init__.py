"""Replay: rankings judged by interactions that they have not seen."""
