"""What scripts and files rely on: plans, events and problems as JSON."""
