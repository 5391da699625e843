"""Reasons to refuse a candidate, found without running it."""
