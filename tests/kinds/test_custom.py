"""Custom fields beside the standard ones."""

import pytest

from syncer.kinds.custom import field_path


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ("name", "name"),
        ("value.amount", "value"),
        ("contacts[bob@acme.example].primary", "contacts"),
        ("fields.cf_region", "fields.cf_region"),
        ("fields.cf_tags[New.er]", "fields.cf_tags"),
    ],
)
def test_a_part_belongs_to_one_field(part: str, field: str) -> None:
    """Dots and brackets of what people wrote are no part of the name of a field."""
    assert field_path(part) == field
