"""Everything known of one sort of value."""
