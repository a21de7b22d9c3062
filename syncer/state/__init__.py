"""What syncer remembers of a space: who applies now, what was last agreed, what was done."""
