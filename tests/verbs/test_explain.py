"""What a code or a field means, from the one source that the manual has."""

from pathlib import Path
from typing import Final

import pytest

from syncer.kinds.base import Kind
from syncer.kinds.registry import KINDS
from syncer.model.codes import CODES
from syncer.model.problem import UsageError
from syncer.verbs.explain import explain, fields, names

DOCS: Final = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained_in_the_words_of_the_manual(code: str) -> None:
    """docs/errors.md ships with syncer, and nothing else says what a code means."""
    (found,) = explain(code)
    section = (DOCS / "errors.md").read_text("utf-8").partition(f"### {code}\n")[2]

    assert (found.title, found.page) == (CODES[code], f"docs/errors.md, {code}")
    assert section.strip().startswith(f"**{found.title}.** {found.text.split('```')[0].strip()}")


def test_every_field_says_what_it_is() -> None:
    """Nothing is left to guess: each has a sentence of its own, or what is expected."""
    assert [field.name for field in fields() if not field.text] == []
    assert len({field.name for field in fields()}) > 60


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: str(kind.name))
def test_every_field_of_a_manifest_is_on_its_page(kind: Kind) -> None:
    """The page and the schema that `explain` reads name the same fields."""
    page = (DOCS / "fields.md").read_text("utf-8")
    known = {field.name for field in fields()}

    names = [spec.name for spec in kind.fields]
    assert [name for name in names if f"{kind.section}.KEY.{name}" not in known] == []
    assert [name for name in names if f"| `{name}` |" not in page] == []


def test_what_means_the_same_in_several_places_is_said_once() -> None:
    """Defaults and entries have the same fields; a reader wants one answer."""
    (existing,) = explain("lifecycle.existing")
    (guard,) = explain("max_value")

    assert set(existing.name.split(", ")) == {
        "defaults.lifecycle.existing",
        *(f"{kind.section}.KEY.lifecycle.existing" for kind in KINDS.values()),
    }
    assert existing.page == "docs/manifest.md, docs/project.md"
    assert (guard.name, "1000000 USD" in guard.text) == ("policy.guards.max_value", True)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("lok-alike", "did you mean look-alike"),
        ("closing-date", "did you mean closing_date or"),
        ("zzzzzz", "write a code, such as look-alike, or a field, such as value"),
    ],
)
def test_a_typo_gets_the_nearest_names(name: str, hint: str) -> None:
    """One sees it, and types on."""
    with pytest.raises(UsageError) as caught:
        explain(name)

    assert caught.value.problems[0].detail == f"There is no code and no field called {name}."
    assert caught.value.problems[0].hint.startswith(hint)


def test_every_name_that_is_offered_is_explained() -> None:
    """What a shell completes leads somewhere."""
    assert [name for name in names() if not explain(name)] == []
