"""syncer.yaml and the environment → frozen settings."""
