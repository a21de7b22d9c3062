"""What Pipeliner offers, as tables: the kinds people declare, the kinds they refer to."""
