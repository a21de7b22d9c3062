"""What each command does, in order, without a terminal."""
