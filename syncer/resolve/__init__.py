"""References → ids: what was declared, in the form it is compared and sent in."""

from syncer.model.key import Key
from syncer.resolve.loop import identities, resolve
from syncer.resolve.needs import identifying, wanted
from syncer.resolve.values import Desired, Resolution, Wanted

__all__ = [
    "Desired",
    "Key",
    "Resolution",
    "Wanted",
    "identifying",
    "identities",
    "resolve",
    "wanted",
]
