"""Any plan, problem and result, and the text of people who mean harm."""

import json
from typing import Any

from hypothesis import strategies as st

from syncer.model.address import Address
from syncer.model.change import DIFFERS, Absent, Action, Change, RelationWrite, Side, Unchanged
from syncer.model.codes import CODES
from syncer.model.key import Key
from syncer.model.outcome import Outcome, Result
from syncer.model.plan import Memory, Origin, Plan, ResolvedReference, SpaceId
from syncer.model.policy import MatchRule
from syncer.model.problem import Problem, Related, Severity
from syncer.model.span import Span
from tests.render.samples import differing, side

NASTY = (
    *("\x1b[31m", "\x1b]0;title\x07", "\x9b2J", "\x08", "\r", "\n", "\t", "\x00", "\x7f"),
    *("\u202e", "\u2066", "\u200b", "\u200d", "\u2028", "\ufeff", "\u00ad", "\xa0", "\U000e0041", "\ud800"),
    *("|", "*", "_", "~~", "`", "```", "[x](http://evil.example)", "![x](y)", "<img src=x onerror=alert(1)>"),
    *(
        "<!--",
        "-->",
        "</script>",
        "</details>",
        "<https://evil.example>",
        "https://evil.example",
        "www.evil.example",
    ),
    *(
        "@octocat",
        "#123",
        "GH-1",
        "a@b.com",
        "owner/repo#1",
        ":smile:",
        "deadbeefcafe",
        "$x$",
        "&lt;",
        "&#64;",
    ),
    *(
        "# ",
        "- ",
        "1. ",
        "1) ",
        "+ ",
        "> ",
        "---",
        "===",
        "    ",
        "\\",
        "\\|",
        "::error::x",
        "##[add-mask]x",
        "%0A",
    ),
    *("'", '"', "é", "日本語", "e\u0301", "\u0301", "👍", "❤️", "\u3000"),
)


def text(max_size: int = 12) -> st.SearchStrategy[str]:
    """Text as a web form lets it through: any characters, with trouble mixed in."""
    return st.lists(
        st.one_of(st.sampled_from(NASTY), st.text(max_size=6), st.sampled_from(("Acme", " ", "2027"))),
        max_size=max_size,
    ).map("".join)


_PLAIN = (
    "",
    "Acme",
    "Acme renewal 2027",
    "First",
    "dana@example.com",
    "Test Pipeline",
    "EMEA",
    "Würth & Söhne",
)
_NAMES = tuple(name.encode("utf-8", "replace").decode() for name in (*_PLAIN, *NASTY, "".join(NASTY)))


def names() -> st.SearchStrategy[str]:
    """Names that JSON text can hold, one draw each: plans have many."""
    return st.sampled_from(_NAMES)


AMOUNTS = st.decimals(-(10**12), 10**12, places=2).map(lambda amount: f"{amount:f}")
CURRENCIES = st.sampled_from(("USD", "EUR", "JPY"))
IDS = st.uuids().map(str)
PATHS = st.sampled_from(
    ("name", "step", "pipeline", "owner", "closing_date", "value.amount", "contacts", "fields.cf_x")
)
SPANS = st.builds(
    Span,
    file=st.sampled_from(("opportunities/a.yaml", "b,c:d.yaml", "ü/x.yaml")) | names(),
    line=st.integers(1, 10**6),
    column=st.integers(1, 200),
    end_column=st.none() | st.integers(1, 250),
)
PROBLEMS = st.builds(
    Problem,
    code=st.sampled_from(sorted(CODES)),
    detail=names(),
    span=st.none() | SPANS,
    excerpt=names(),
    hint=names(),
    related=st.lists(st.builds(Related, SPANS, names(), names()), max_size=2).map(tuple),
    address=st.none() | names().map(lambda key: Address("opportunity", key)),
    severity=st.sampled_from(Severity),
)
LINKS = {
    kind: st.lists(
        st.fixed_dictionaries({kind: names(), "primary": st.booleans()}, optional={"sales_role": names()}),
        max_size=3,
    )
    for kind in ("account", "contact")
}
VALUES = st.fixed_dictionaries(
    {"name": names(), "owner": names(), "pipeline": names(), "step": names()},
    optional={
        "closing_date": st.dates().map(str),
        "value": st.fixed_dictionaries({"amount": AMOUNTS, "currency": CURRENCIES}),
        "accounts": LINKS["account"],
        "contacts": LINKS["contact"],
        "description": names(),
        "fields": st.dictionaries(
            names(),
            st.none() | st.booleans() | st.integers(-100, 100) | names() | st.lists(names(), max_size=3),
            max_size=3,
        ),
    },
)


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """Any change, consistent in itself."""
    action = draw(st.sampled_from(Action))
    id_ = None if action is Action.CREATE else draw(IDS)
    before = None if action is Action.CREATE else side(draw(VALUES))
    after = before if action is Action.NOOP else None if action is Action.DELETE else side(draw(VALUES))
    sides: dict[str, Side | None] = {}
    precondition: Absent | Unchanged | None = None
    if action is Action.CREATE:
        account = draw(st.none() | IDS)
        known = draw(st.lists(IDS, max_size=1).map(tuple)) if account else ()
        key = Key({"name": draw(names()), "account": account, "pipeline": None})
        precondition = Absent(key, MatchRule(match=("name", "account")), None, known)
    elif before is not None and action is not Action.NOOP:
        precondition = Unchanged(id_ or "", "2027-01-30 08:00:00")
        if after is not None:
            sides = {
                path: draw(st.none() | st.sampled_from(Side))
                for path, value in after.written.items()
                if path in after.canon and before.written.get(path) != value
            }
            before = before._replace(
                written={
                    path: before.written.get(path) if path in sides else value
                    for path, value in after.written.items()
                }
            )
    return Change(
        address=Address("opportunity", f"{draw(st.integers(0, 10**6))}{draw(st.just('') | names())}"),
        action=action,
        id=id_,
        span=draw(SPANS),
        before=before,
        after=after,
        sides=sides if action in DIFFERS else {},
        writes=tuple(sides) if action is Action.UPDATE else (),
        fields=tuple(
            field._replace(conflict=action is Action.CONFLICT and field.moved is Side.BOTH)
            for field in differing(
                before.written, after.written, sides, after.written, written=action is Action.UPDATE
            )
        )
        if before is not None and after is not None and action in DIFFERS
        else (),
        relations=draw(
            st.lists(
                st.builds(
                    RelationWrite,
                    names(),
                    st.sampled_from(("create", "update", "delete")),
                    st.none() | IDS,
                    st.none() | st.just({"a": 1}),
                ),
                max_size=1,
            ).map(tuple)
        ),
        precondition=precondition,
        notes=tuple(draw(st.lists(names(), max_size=2))),
    )


def plans(max_changes: int = 6) -> st.SearchStrategy[Plan]:
    """Any plan."""
    return st.builds(
        Plan,
        tool_version=st.just("0.1.0"),
        created_at=st.just("2027-01-31T12:00:00Z"),
        expires_at=st.just("2027-02-01T12:00:00Z"),
        space=st.builds(SpaceId, names(), names(), st.none() | CURRENCIES),
        policy=st.dictionaries(names(), names() | st.integers(), max_size=2),
        source=st.builds(Origin, st.none() | st.just("c0ffee"), st.just("sha256:00")),
        changes=st.lists(changes(), max_size=max_changes).map(tuple),
        references=st.lists(
            st.builds(ResolvedReference, st.sampled_from(("owner", "account")), names(), IDS, names()),
            max_size=2,
        ).map(tuple),
        problems=st.lists(PROBLEMS, max_size=2).map(tuple),
        steps=st.dictionaries(names(), st.lists(names(), max_size=3).map(tuple), max_size=2),
        state=st.none() | st.builds(Memory, st.sampled_from(("local", "git")), names(), st.integers(0, 99)),
    )


def results() -> st.SearchStrategy[Result]:
    """Any result."""
    return st.builds(
        Result,
        change=changes(),
        outcome=st.sampled_from(Outcome),
        id=st.none() | IDS,
        problems=st.lists(PROBLEMS, max_size=2).map(tuple),
        adopted=st.booleans(),
        waited_for=st.lists(st.builds(Address, st.just("account"), names()), max_size=2).map(tuple),
    )


def through_json(value: Any) -> Any:
    """*value* as a reader of the file gets it."""
    return json.loads(json.dumps(value))
