"""What links say of the records that are linked."""

from syncer.shapes.links import primary


def test_the_primary_of_no_links_is_nobody() -> None:
    """Of no links, of links without a mark, and of one with it."""
    assert primary(None) is None
    assert primary({"a": {"primary": False}, "b": {}}) is None
    assert primary({"a": {}, "b": {"primary": True}}) == "b"
