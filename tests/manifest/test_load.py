"""Files to values."""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from syncer.manifest import source as sources
from syncer.manifest.load import MAX_BYTES, Loaded, load_bytes, load_file
from syncer.model.span import Span


def load(text: str) -> Loaded:
    return load_bytes(text.encode(), "a.yaml")


def value_of(text: str) -> Any:
    loaded = load(text)
    assert loaded.problems == ()
    assert loaded.ok
    return loaded.value


def problem_of(loaded: Loaded) -> tuple[str, str]:
    (problem,) = loaded.problems
    return str(problem), problem.hint


# PyYAML writes YAML 1.1: text that only 1.2 takes for a number or the like is in quotes there anyhow.
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20
).filter(lambda text: not any(character in text for character in "\ufeff\ufffe\uffff"))
scalars = st.none() | st.booleans() | st.integers(-(10**15), 10**15) | texts
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)


@given(documents)
def test_what_pyyaml_writes_reads_back_equal(document: Any) -> None:
    text = yaml.safe_dump(document, allow_unicode=True)

    assert value_of(text) == document


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
@example(b"\xff\xfea\x00")
@example("\ufeff\ufeffa: 1".encode())
@example(b"a: \xed\xa0\x80")
@example("a: '\U0010ffff\ufffe'".encode("utf-8"))
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    loaded = load_bytes(data, "a.yaml", keys_of=["opportunities"])

    assert loaded.ok or loaded.problems
    for problem in loaded.problems:
        assert problem.detail
        assert problem.span is not None
        assert problem.span.file == "a.yaml"


@given(st.text(alphabet="{}[]:,-?&*!|>'\"#%@` \n\tab<0.", max_size=60))
def test_any_punctuation_is_read_or_refused_in_words(text: str) -> None:
    loaded = load(text)

    assert loaded.ok or loaded.problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("y", "y"),
        ("true", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("~", None),
        ("", None),
        ("Null", None),
        ("2027-03-31", "2027-03-31"),
        ("2027-03-31T10:00:00Z", "2027-03-31T10:00:00Z"),
        ("12", 12),
        ("-3", -3),
        ("+3", 3),
        ("0", 0),
        ("0x1F", 31),
        ("0o17", 15),
        ("01234", "01234"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("100.10", Decimal("100.10")),
        (".5", Decimal("0.5")),
        ("5.", Decimal(5)),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("-.nan", "-.nan"),
        ("9" * 100, int("9" * 100)),
        ("9" * 101, "9" * 101),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("|\n  12\n", "12\n"),
        ("=", "="),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, expected: Any) -> None:
    value = value_of(f"a: {text}\n")["a"]

    assert (value, type(value), str(value)) == (expected, type(expected), str(expected))


def test_keys_are_always_text() -> None:
    assert value_of("2027: a\ntrue: b\n~: c\n") == {"2027": "a", "true": "b", "~": "c"}


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n", "\ufeff"])
def test_an_empty_file_holds_nothing(text: str) -> None:
    assert value_of(text) is None


def test_a_byte_order_mark_counts_for_nothing() -> None:
    loaded = load_bytes(b"\xef\xbb\xbfa: 1\nb: [", "a.yaml")

    assert str(loaded.problems[0]).startswith("a.yaml:2:5: Broken YAML")


def test_aliases_and_merge_keys_repeat_what_was_written() -> None:
    text = """
a: &a {x: 1, y: 2}
b: &b {y: 3, z: 4}
c: {<<: *a, y: 5}
d: {<<: [*a, *b], z: 6}
e: *a
'<<': text
"""

    assert value_of(text) == {
        "a": {"x": 1, "y": 2},
        "b": {"y": 3, "z": 4},
        "c": {"x": 1, "y": 5},
        "d": {"x": 1, "y": 2, "z": 6},
        "e": {"x": 1, "y": 2},
        "<<": "text",
    }


def test_a_fault_behind_an_alias_is_said_once() -> None:
    loaded = load("a: &a {x: 1, x: 2}\nb: *a\nc: *a\n")

    assert [str(problem) for problem in loaded.problems] == [
        'a.yaml:1:14: Key written twice: "x" is already written in line 1; only one of them can count.'
    ]
    assert loaded.problems[0].related[0].span == Span("a.yaml", 1, 8, 9)


def test_a_key_is_placed_where_it_was_written_even_when_merged() -> None:
    text = (
        "x: &x\n  one: {}\ny: &y {two: {}}\nopportunities:\n  <<: [*x, *y, 5]\n  three: {}\n  ? [a]\n  : b\n"
    )
    loaded = load_bytes(text.encode(), "a.yaml", keys_of=["opportunities"])

    assert loaded.keys["opportunities"] == {
        "one": (2, 3, 6),
        "two": (3, 8, 11),
        "three": (6, 3, 8),
    }


@pytest.mark.parametrize(
    "text",
    [
        *("[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000, '["]",' * 100_000),
        *("{a: [\n" * 50_000, "[ # ]\n" * 50_000, "['a]'," * 50_000, "[x,{y: z},[q]," * 50_000),
        *("".join(f"{brk}{' ' * depth}a:" for depth in range(1000)) for brk in ("\r", "\r\n", "\n")),
        "".join(f"\n{' ' * (depth // 2)}{'-' if depth % 2 else 'a:'}" for depth in range(1000)),
    ],
)
def test_nesting_without_end_is_refused_at_once(text: str) -> None:
    (problem,) = load(text).problems

    assert problem.code == "yaml-too-deep"


def test_a_billion_laughs_are_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (problem,) = load("\n".join(lines)).problems

    assert problem.code == "yaml-too-many-aliases"


def test_many_aliases_of_the_ordinary_kind_are_no_problem() -> None:
    lines = ["base: &base {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8}"]
    lines += [f"k{n}: {{<<: *base, name: {n}}}" for n in range(5000)]

    assert len(value_of("\n".join(lines))) == 5001


def test_a_file_with_too_many_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_NODES", 3)

    (problem,) = load("[a, b, c, d]").problems

    assert (problem.code, problem.hint) == ("file-too-large", "split it into several files")


def test_utf_16_is_refused_with_the_way_out() -> None:
    assert problem_of(load_bytes("a: 1".encode("utf-16"), "a.yaml")) == (
        "a.yaml:1:1: File is not UTF-8: The file is UTF-16, as some Windows programs save it.",
        'save it again as "UTF-8" (in Notepad: Save as, Encoding: UTF-8)',
    )


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_another_encoding_is_refused_where_it_shows(start: bytes) -> None:
    assert problem_of(load_bytes(start + "a: 1\nß: Größe".encode() + "ü".encode("latin-1"), "a.yaml")) == (
        "a.yaml:2:9: File is not UTF-8: The byte 0xfc here is not UTF-8; the file is in another encoding.",
        'save it again as "UTF-8"',
    )


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))

    assert problem_of(load_file(path, "a.yaml")) == (
        "a.yaml:1:1: File is too large: The file is larger than 10 MiB.",
        "split it into several files",
    )


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("nowhere.yaml")
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    said = {
        name: problem_of(load_file(tmp_path / name, name))[0]
        for name in ("missing", "dangling", "loop", "pipe", ".", "a\0b")
    }

    assert said == {
        "missing": "missing:1:1: File not found: There is no such file.",
        "dangling": 'dangling:1:1: File not found: The link leads to "nowhere.yaml", which does not exist.',
        "loop": "loop:1:1: File cannot be read: The system says: Too many levels of symbolic links.",
        "pipe": "pipe:1:1: File cannot be read: It is not an ordinary file.",
        ".": ".:1:1: File cannot be read: It is a folder, not a file.",
        "a\0b": "a\0b:1:1: File cannot be read: The system says: embedded null byte.",
    }


def test_a_disk_that_fails_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1")

    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdopen", fail)

    assert problem_of(load_file(path, "a.yaml"))[0] == (
        "a.yaml:1:1: File cannot be read: The system says: Input/output error."
    )


def test_a_broken_file_points_at_what_it_belongs_to() -> None:
    (problem,) = load("a: [1,\n  2\nb: 3\n").problems

    assert [str(related.span) for related in problem.related] == ["a.yaml:1:4"]


def test_what_the_parser_says_without_a_place_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_text: str) -> None:
        raise yaml.YAMLError("out of memory")

    monkeypatch.setattr("syncer.manifest.load.compose", fail)

    assert problem_of(load("a: 1"))[0] == "a.yaml:1:1: Broken YAML: The YAML parser says: out of memory."
