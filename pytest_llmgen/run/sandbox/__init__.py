"""Walls around code that nobody has read yet."""
