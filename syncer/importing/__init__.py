"""Existing opportunities → manifests that plan to nothing."""
