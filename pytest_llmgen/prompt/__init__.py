"""Records to messages for a model."""
