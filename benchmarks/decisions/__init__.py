"""Measurements behind decisions, each named by an ADR."""
