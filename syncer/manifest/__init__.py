"""Manifests: the YAML that people write, and what it declares."""

from syncer.manifest.read import Manifests, read

__all__ = ["Manifests", "read"]
