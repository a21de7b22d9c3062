"""The page with every field is that of the tables."""

from tests.docs.fields_page import PAGE, page


def test_the_page_says_every_field_of_every_kind() -> None:
    """After a change of a table: `python -m tests.docs.fields_page --write`."""
    assert PAGE.read_text("utf-8") == page()
