"""Keys made of names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.importing.keys import KEY, Keys, slug


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Acme renewal 2027", "acme-renewal-2027"),
        ("Müller & Søn: Verlängerung", "muller-son-verlangerung"),
        ("Großauftrag", "grossauftrag"),
        ("Сделка №5", "sdelka-o5"),
        ("Ελλάδα", "ellada"),
        ("Zażółć gęślą jaźń", "zazolc-gesla-jazn"),
        ("O'Neill Inc. v1.2", "oneill-inc-v1.2"),
        ("日本", ""),
        ("...", ""),
        (
            "A name that goes on and on about what the customer wanted in March",
            "a-name-that-goes-on-and-on-about-what-the-customer-wanted-in",
        ),
        ("x" * 80, "x" * 60),
    ],
)
def test_a_key_reads_like_its_name(name: str, key: str) -> None:
    assert slug(name) == key


@given(st.text())
def test_a_key_is_always_allowed(name: str) -> None:
    assert slug(name) == "" or KEY.fullmatch(slug(name))


def test_keys_are_handed_out_once() -> None:
    keys = Keys(frozenset({"taken"}))

    assert [
        keys.take("a"),
        keys.take("a", "a-acme"),
        keys.take("a", "a-acme"),
        keys.take("a"),
        keys.take("taken"),
    ] == [
        "a",
        "a-acme",
        "a-acme-2",
        "a-2",
        "taken-2",
    ]


def test_a_number_that_is_taken_is_passed_over() -> None:
    keys = Keys(frozenset({"a", "a-2"}))

    assert keys.take("a") == "a-3"
