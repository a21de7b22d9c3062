"""A local server that behaves as the documented Pipeliner REST API v100."""
