"""People's decisions about gaps, and the fingerprints that find a gap again."""
