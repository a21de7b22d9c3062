"""Custom fields: how they are spelled beside the standard ones.

`fields: {cf_region: EMEA}` in a manifest is the path `fields.cf_region` everywhere else.
"""

from typing import Final

from syncer.shapes.base import Field
from syncer.shapes.untyped import UNTYPED

SECTION: Final = "fields"
_PREFIX: Final = f"{SECTION}."


def path_of(api_name: str) -> str:
    """Return the path of the custom field *api_name*."""
    return _PREFIX + api_name


def is_custom(path: str) -> bool:
    """Tell whether *path* is that of a custom field."""
    return path.startswith(_PREFIX)


def api_name(path: str) -> str | None:
    """Return the API name of the custom field at *path*; None when it is a standard one."""
    return path[len(_PREFIX) :] if path.startswith(_PREFIX) else None


def untyped(path: str) -> Field:
    """Return the custom field at *path* as it is read, when its type is not known."""
    return Field(path, UNTYPED, api_name(path))
