"""The embedded generator: inputs, a search over them, and tests that read well."""
