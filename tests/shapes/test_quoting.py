"""Quotes stand wherever some reader of YAML would read something else than the text."""

import io
from collections.abc import Callable
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from syncer.manifest.load import load_bytes
from syncer.shapes.quoting import quoted
from tests.importing.spaces import TEXTS

# What readers of YAML 1.1 or 1.2 take for numbers, dates, times, truth values, nothing, or a merge.
MISREAD: Final = (
    *(
        "0",
        "0?",
        "10",
        "-1",
        "+1",
        "0123",
        "0o17",
        "0b11",
        "0x1f",
        "0X1F",
        "1_000",
        "1.5",
        ".5",
        "5.",
        "1e3",
        "1E-3",
    ),
    *("1.5e+3", ".inf", "-.INF", ".nan", "1:30", "190:20:30.15", "2027-01-01", "2027-1-1 10:00:00 -5"),
    *("2001-12-14t21:59:43.10-05:00", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "yes"),
    *("Yes", "NO", "no", "on", "Off", "y", "N", "<<", "=", "1__0", "0.", "00", "1e", "12e03"),
)


def ours(text: str) -> Any:
    loaded = load_bytes(text.encode(), "x.yaml")
    assert loaded.ok, [str(problem) for problem in loaded.problems]
    return loaded.value


def ruamel(version: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        reader = YAML(typ="safe", pure=True)
        reader.version = version
        return reader.load(io.StringIO(text))

    return read


READERS: Final[dict[str, Callable[[str], Any]]] = {
    "syncer": ours,
    "PyYAML, 1.1": yaml.safe_load,
    "PyYAML, every tag": yaml.unsafe_load,
    "ruamel, 1.1": ruamel("1.1"),
    "ruamel, 1.2": ruamel("1.2"),
}


@pytest.mark.parametrize("reader", READERS)
@given(text=st.one_of(st.sampled_from(MISREAD), TEXTS).filter(lambda text: text != "k"))
def test_a_text_is_this_text_for_every_reader_as_key_and_as_value(reader: str, text: str) -> None:
    written = quoted(text)

    found = READERS[reader](f"{written}: {written}\nk: [{written}, {{{written}: {written}}}]\n")

    assert found == {text: text, "k": [text, {text: text}]}


@pytest.mark.parametrize("text", MISREAD)
def test_what_some_reader_takes_for_something_else_stands_in_quotes(text: str) -> None:
    assert quoted(text) == f'"{text}"'
