"""Offline replay: rankings are judged by interactions that they have not seen."""
