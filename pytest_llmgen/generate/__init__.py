"""Generators of candidates: a language model, and the embedded search."""
