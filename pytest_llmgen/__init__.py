"""Generates pytest tests, judges them by coverage and mutants, and gates what is left."""

__version__ = "0.1.0"
