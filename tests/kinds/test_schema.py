"""The schema of manifests follows from the tables of the kinds."""

from syncer import resources
from syncer.kinds import schema


def test_the_published_schema_is_the_one_of_the_tables() -> None:
    assert resources.schema_text("manifest") == schema.text()
