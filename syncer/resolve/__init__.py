"""References → ids: what was declared, in the form it is compared and sent in."""

from syncer.resolve.loop import identities, resolve
from syncer.resolve.needs import identifying, wanted
from syncer.resolve.values import LEAD_SOURCE_FIELDS, Desired, Key, Resolution, Wanted, primary

__all__ = [
    "LEAD_SOURCE_FIELDS",
    "Desired",
    "Key",
    "Resolution",
    "Wanted",
    "identifying",
    "identities",
    "primary",
    "resolve",
    "wanted",
]
