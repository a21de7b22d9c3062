"""A rehearsal on a real space: what the service does where no document says, told by marked records."""
