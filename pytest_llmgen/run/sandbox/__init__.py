"""Walls around code that nobody has read yet: ``choice`` is the parent's side, ``entry`` the worker's."""
