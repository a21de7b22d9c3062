"""Keys that are made of what a row says."""

import re

from hypothesis import given
from hypothesis import strategies as st

from syncer.tables.keys import key_of


@given(st.text(min_size=1).filter(str.strip), st.text(min_size=1).filter(str.strip))
def test_two_texts_never_have_one_key(one: str, other: str) -> None:
    """Whatever folding loses, the hash keeps; and every key is one that manifests take."""
    assert re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,99}", key_of(one))
    assert (key_of(one) == key_of(other)) == (key_of(one) == key_of(other) and same(one, other))


def same(one: str, other: str) -> bool:
    import unicodedata

    return unicodedata.normalize("NFC", one.strip()) == unicodedata.normalize("NFC", other.strip())


def test_a_key_stays_as_it_is_and_everything_else_has_a_mark() -> None:
    """Ids that differ in case alone are two records."""
    assert key_of("8834") == "8834"
    assert key_of("Zürich Süd").startswith("zurich-sud-")
    assert key_of("Ab") != key_of("aB")
    assert len(key_of("x" * 300)) == 100
