"""Child processes: sandbox, workers, measuring.  The only place that starts processes."""
