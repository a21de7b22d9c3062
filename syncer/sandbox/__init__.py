"""A local server that behaves as the documented Pipeliner REST API v100.

`from syncer.sandbox.server import Sandbox` runs one; nothing is imported here, so that the rest of the
program starts without a web framework.
"""
