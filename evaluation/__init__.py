"""Evaluates feeds: behaviour cases, offline replay, counterfactual estimates and tuning."""
