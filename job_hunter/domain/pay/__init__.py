"""The pay reading: what a posting says it pays, or nothing."""
