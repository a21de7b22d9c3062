"""Sales opportunities of a Pipeliner CRM space, declared in YAML."""

__version__ = "0.1.0"
