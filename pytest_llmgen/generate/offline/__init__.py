"""The embedded generator: inputs, a search over them, and tests that read well.

Nothing is imported here: every worker shows values by a module of this package, and none needs the search.
"""
