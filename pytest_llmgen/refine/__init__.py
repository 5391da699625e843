"""The smallest set of tests that earns its place, and the files it is written to."""
