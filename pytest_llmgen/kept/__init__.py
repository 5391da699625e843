"""What was found out in earlier runs and still holds: per-test surveys, mutants and verdicts, kept by content."""
