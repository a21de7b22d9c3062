"""Random manifests as people write them: comments, all quotes and blocks, anchors, odd line ends."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

MARK = "\ufeff"
WORDS = st.sampled_from(
    """Acme|Acme renewal 2027|Zoë & Söhne|it's|the "big" one|a: b|C# shop|# not a comment|100|007|2027-03-31
true|no|null|~|| led|trail |-|a,b|{}|🙂|a long text that would be folded, it is so long
""".replace("\n", "|").split("|")
)
LINES = st.lists(
    st.sampled_from(["one", "two words", "# three", "- four", "five: 5", ""]), min_size=2, max_size=4
)
TEXTS = WORDS | LINES.map(lambda lines: "\n".join(["first", *lines, "last"]))
KEYS = ["name", "owner", "step", "value", "contacts", "note", "fields", "cf_region"]
COMMENTS = st.sampled_from(["", "", "# why", "#", "# [x], {y}: 'z", '# "', "# ünï — 🙂", "# - a: b"])


@dataclass
class Writer:
    """Writes one manifest, line by line."""

    draw: st.DrawFn
    anchors: bool
    lines: list[str] = field(default_factory=list)
    scalars: list[str] = field(default_factory=list)
    mappings: list[str] = field(default_factory=list)

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def between(self, indent: int) -> None:
        """Perhaps a comment line or a blank one."""
        what = self.pick("", "", "", "blank", "comment", "outside")
        if what == "blank":
            self.lines.append(self.pick("", "   "))
        elif what:
            self.lines.append(" " * (indent if what == "comment" else 0) + "# between")

    def behind(self, text: str) -> str:
        said = self.draw(COMMENTS)
        return f"{text}{self.pick(' ', '   ')}{said}" if said else text

    def mapping(self, indent: int, depth: int, names: list[str], first: str = "") -> None:
        """Write a block mapping; its first key behind *first*, when that is given."""
        step = self.pick(2, 2, 4)
        for at, name in enumerate(names):
            if at or not first:
                self.between(indent)
            lead = first if first and not at else " " * indent
            self.pair(lead + self.pick(name, name, name, f'"{name}"', f"'{name}'") + ":", indent, step, depth)
        if self.anchors and self.mappings and not first and self.pick(True, False, False):
            self.lines.append(self.behind(f"{' ' * indent}<<: *{self.pick(*self.mappings)}"))

    def pair(self, key: str, indent: int, step: int, depth: int) -> None:
        """Write a key and some value."""
        what = self.pick(
            "scalar", "scalar", "scalar", "block", "flow", "mapping", "sequence", "empty", "alias"
        )
        if what == "alias" and self.anchors and self.scalars:
            self.lines.append(self.behind(f"{key} *{self.pick(*self.scalars)}"))
        elif what == "empty":
            self.lines.append(self.behind(key))
        elif what == "block":
            self.literal(key, indent + step)
        elif what == "mapping" and depth:
            self.lines.append(self.behind(key + self.anchor(self.mappings)))
            count = self.draw(st.integers(1, 3))
            self.mapping(indent + step, depth - 1, self.draw(st.permutations(KEYS))[:count])
        elif what == "sequence" and depth:
            self.lines.append(self.behind(key))
            self.sequence(indent + self.pick(0, step), depth - 1)
        elif what == "flow":
            self.flow(key, indent + step)
        else:
            anchor = self.anchor(self.scalars)
            style = self.pick("plain", "plain", "single", "double", "folding")
            text = self.draw(WORDS.filter(str.isprintable))
            self.lines += self.behind(f"{key}{anchor} {self.scalar(style, text, indent + step)}").split("\n")

    def anchor(self, known: list[str]) -> str:
        if not self.anchors or self.pick(True, True, False):
            return ""
        known.append(f"a{len(self.scalars)}m{len(self.mappings)}")
        return f" &{known[-1]}"

    @staticmethod
    def scalar(style: str, text: str, indent: int) -> str:
        if style == "single":
            return "'" + text.replace("'", "''") + "'"
        if style == "double":
            return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if style == "folding":
            return f"some words\n{' ' * indent}and more"
        plain = text.strip(" -#~{}").replace(": ", " ").replace(" #", " ")
        return plain or "plain"

    def literal(self, key: str, indent: int) -> None:
        self.lines.append(self.behind(f"{key} {self.pick('|', '|', '|-', '|+', '>', '>-')}"))
        for line in ["first", *self.draw(LINES)]:
            self.lines.append(" " * indent + line if line else "")

    def sequence(self, indent: int, depth: int) -> None:
        for _ in range(self.draw(st.integers(1, 3))):
            self.between(indent)
            dash = " " * indent + "-"
            if depth and self.pick(True, False):
                count = self.draw(st.integers(1, 3))
                self.mapping(indent + 2, depth - 1, self.draw(st.permutations(KEYS))[:count], f"{dash} ")
            else:
                text = self.draw(WORDS.filter(str.isprintable))
                self.lines.append(
                    self.behind(f"{dash} {self.scalar(self.pick('plain', 'single'), text, indent)}")
                )

    def flow(self, key: str, indent: int) -> None:
        items = self.draw(
            st.lists(st.sampled_from(["a", "'b'", '"c"', "{d: 1}", "[e, f]", "7", "a b"]), max_size=4)
        )
        if self.pick(True, False):
            items = [f"{name}: {item}" for name, item in zip(KEYS, items, strict=False)]
            opening, closing = "{", "}"
        else:
            opening, closing = "[", "]"
        comma = self.pick("", ",") if items else ""
        if items and self.pick(True, False):
            self.lines.append(self.behind(f"{key} {opening}"))
            for at, item in enumerate(items):
                self.lines.append(self.behind(f"{' ' * indent}{item}{',' if at + 1 < len(items) else comma}"))
            self.lines.append(self.behind(f"{' ' * indent}{closing}"))
        else:
            self.lines.append(self.behind(f"{key} {opening}{', '.join(items)}{comma}{closing}"))


@st.composite
def manifests(draw: st.DrawFn, *, anchors: bool = False) -> str:
    """A text that our loader reads without a problem."""
    writer = Writer(draw, anchors)
    writer.lines.append("version: 1")
    if anchors:
        writer.lines.append("base: &base")
        writer.mappings.append("base")
        writer.mapping(2, 1, draw(st.permutations(KEYS))[:2])
    writer.between(0)
    writer.lines.append(writer.behind("opportunities:"))
    for key in ("acme", "globex", "initech")[: draw(st.integers(1, 3))]:
        writer.between(2)
        writer.lines.append(writer.behind(f"  {key}:"))
        writer.mapping(4, 2, draw(st.permutations(KEYS))[: draw(st.integers(1, 4))])
    writer.between(0)
    end = writer.pick("\n", "\n", "\r\n", "\r")
    return f"{writer.pick('', '', MARK)}{end.join(writer.lines)}{writer.pick(end, end, '', end * 2)}"
