"""Targets, their context, what changed, and in which order to take them."""
