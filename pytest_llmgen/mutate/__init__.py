"""Mutants: making them, activating them, choosing tests for them."""
