"""Reads another module's constants when it is imported."""

from constants import LIMIT, RATE

TOTAL = RATE + LIMIT  # mutate: RATE + LIMIT => RATE - LIMIT [killed]
