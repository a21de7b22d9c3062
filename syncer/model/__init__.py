"""The values that travel from the manifests to the wire."""
