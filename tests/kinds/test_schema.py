"""The schema of manifests follows from the tables of the kinds."""

from syncer import resources
from syncer.kinds import schema


def test_the_published_schema_is_the_one_of_the_tables() -> None:
    assert resources.schema_text("manifest") == schema.text()


def test_the_defaults_of_the_project_are_those_of_manifests() -> None:
    """What a manifest may say in its defaults, syncer.yaml may say too, in the same words."""
    own = {name: part for name, part in resources.schema("project")["$defs"].items() if name != "table"}

    assert own == schema.of_defaults()
