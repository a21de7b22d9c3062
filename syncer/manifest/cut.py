"""What a file says, and what it shall say → the pieces of its text to be replaced."""

import json
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from syncer.manifest.emit import block, comment, inline
from syncer.manifest.layout import Form, Layout, Pair, Part
from syncer.manifest.load import scalar
from syncer.manifest.respell import HEADER, Old, in_json, respelled
from syncer.model.span import ValuePath
from syncer.shapes.quoting import quoted
from syncer.shapes.spelling import Bare, Commented, plain


class Unfit(Exception):  # noqa: N818 - it never leaves the manifest package
    """The file cannot be edited so.

    Attributes:
        why: A sentence for people.
        path: The value that cannot be; None when that is not known.
    """

    def __init__(self, why: str, path: ValuePath | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.path = path


class Splice(NamedTuple):
    """Characters that are put in the place of others."""

    start: int
    stop: int
    text: str


def splice(text: str, splices: Iterable[Splice]) -> str:
    """Return *text* with *splices*.

    Raises:
        Unfit: Two of them overlap.
    """
    pieces: list[str] = []
    at = 0
    for start, stop, new in sorted(splices, key=lambda each: each[:2]):
        if start < at:
            raise Unfit("What shall become of two values that stand side by side cannot be told apart.")
        pieces += (text[at:start], new)
        at = stop
    return "".join([*pieces, text[at:]])


def same(asked: Any, read: Any) -> bool:
    """Tell whether *asked*, plain values as `emit` takes them, is what a file says that is read as *read*."""
    match asked:
        case Commented():
            return same(asked.value, read)
        case Bare():
            return bool(read == str(asked)) or same(scalar(str(asked)), read)
        case str():
            # A block that ends with its text has one line end more than the text.
            return isinstance(read, str) and (read == asked or ("\n" in read and read == f"{asked}\n"))
        case None | bool():
            return read is asked
        case int() | Decimal():
            return isinstance(read, int | Decimal) and not isinstance(read, bool) and read == asked
        case Mapping():
            if not isinstance(read, dict) or asked.keys() != read.keys():
                return False
            return all(same(value, read[name]) for name, value in asked.items())
        case _:
            return isinstance(read, list) and len(read) == len(asked) and all(map(same, asked, read))


def is_json(text: str) -> bool:
    """Tell whether a file is JSON, and has to stay so."""
    if not text.lstrip().startswith("{"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


class _Slot(NamedTuple):
    """Where a value stands.

    Attributes:
        after: Behind its colon or its dash; None when there is none.
        column: Of its key in a block: lines that belong to it may follow below. None elsewhere.
        path: From the top of the file.
    """

    after: int | None = None
    column: int | None = None
    path: ValuePath = ()


class Cutter:
    """Finds the pieces of one text to be replaced.

    Attributes:
        layout: Of the text.
        json: Whether it is JSON.
        splices: What was found.
    """

    def __init__(
        self,
        layout: Layout,
        by_place: Mapping[ValuePath, frozenset[int]],
        uncut: Collection[ValuePath] = (),
    ) -> None:
        """Cut the text of *layout*.

        Args:
            layout: Of the text.
            by_place: Lists that are edited item by item, each with the items that are to be taken out. Every
                other list is compared.
            uncut: Texts whose end is behind them, taken for a comment: what shall be there says it.
        """
        self.layout = layout
        self.json = is_json(layout.text)
        self.splices: list[Splice] = []
        self._removed: list[tuple[int, int]] = []
        self._by_place = by_place
        self._uncut = frozenset(uncut)
        self._path: ValuePath = ()
        self._paths: list[ValuePath] = []  # of each splice

    def kept(self) -> list[str]:
        """Return the comments that stay.

        Raises:
            Unfit: One would go that stands in nothing that shall be gone.
        """
        removed = _Ranges(self._removed)
        cut = _Ranges((start, stop) for start, stop, _ in self.splices)
        kept = []
        for place, said in self.layout.comments():
            if place not in cut:
                kept.append(said)
            elif place not in removed:
                at = next(at for at, (start, stop, _) in enumerate(self.splices) if start <= place < stop)
                raise Unfit("A comment that stands inside would be lost.", self._paths[at])
        return kept

    def document(self, old: Any, new: Any) -> None:
        """Cut what differs between *old*, what the file says, and *new*, what it shall say.

        Raises:
            Unfit: It cannot be written.
        """
        if self.layout.root is None:
            raise Unfit("The file is empty.")
        self._value(self.layout.root, old, new, _Slot())

    def key(self, path: ValuePath, name: str) -> None:
        """Let the key at *path* be *name*.

        Raises:
            Unfit: It does not stand there.
        """
        pair = self.layout.pair(path)
        if pair is None:
            raise Unfit("The key does not stand in this place itself.", path)
        self._path = path
        key = pair.key
        self._put(key.body, key.end, respelled(name, Old(key.style), None, as_json=self.json).head)

    def _value(self, part: Part, old: Any, new: Any, slot: _Slot) -> None:
        if same(new, old):
            return
        self._path = slot.path
        said = _said(new)
        new = plain(new)
        if part.form is Form.ALIAS:
            self._put(part.start, part.end, self._own(part, old, new))
        elif isinstance(new, Mapping) and isinstance(old, dict) and part.form is Form.MAPPING:
            self._mapping(part, old, new, slot)
        elif isinstance(new, list | tuple) and isinstance(old, list) and part.form is Form.SEQUENCE:
            self._sequence(part, old, new, slot)
        else:
            self._replace(part, new, slot)
            if slot.path in self._uncut:
                behind = self.layout.text[part.end : self.layout.line_stop(part.end)]
                stop = part.end + len(behind.rstrip("\r\n"))
                self._removed.append((part.end, stop))
                self._put(part.end, stop, "")
            if said and not self.layout.text[part.end : self.layout.line_stop(part.end)].strip():
                self._put(part.end, part.end, said)

    def _own(self, part: Part, old: Any, new: Any) -> str:
        """Return an own value for the place of an alias: what it stands for, and what differs."""
        if isinstance(new, Mapping) and isinstance(old, dict) and old.keys() <= new.keys():
            own = {name: each for name, each in new.items() if name not in old or not same(each, old[name])}
            alias = self.layout.text[part.start : part.end]
            return f"{{<<: {alias}, {inline(own)[1:]}"
        return inline(new)

    # One value in the place of another

    def _replace(self, part: Part, new: Any, slot: _Slot) -> None:
        layout, text = self.layout, self.layout.text
        old = Old(part.style)
        if part.style in ("|", ">"):
            header = HEADER.match(text, part.body)
            assert header is not None
            old = Old(part.style, header.group(), self._indent(part))
        column = None if self._is_blank_below(part.end) else slot.column
        head, below = respelled(new, old, column, as_json=self.json)
        if part.is_block:
            self._replace_block(part, head, below, slot)
        elif old.header:
            self._put(self._begin(part, slot, head), part.body + len(old.header), head)
            start = layout.line_stop(part.body)
            self._put_lines(start, max(start, layout.line_stop(part.end)), below)
        elif part.body == part.end:  # nothing stands there, but for an anchor perhaps
            self._put(part.end, part.end, f"{'' if slot.after else ':'} {head}".rstrip())
            self._put_lines(layout.line_stop(part.end), None, below)
        else:
            keep = isinstance(new, str) or "!" not in text[part.start : part.body]
            self._put(self._begin(part, slot, head) if keep else part.start, part.end, head)
            self._put_lines(layout.line_stop(part.end), None, below)

    def _begin(self, part: Part, slot: _Slot, head: str) -> int:
        """Return where a value begins; where nothing is left on its line, no blank stays at the end of it."""
        before = self.layout.text[slot.after or part.body : part.body]
        return part.body if head else part.body - len(before) + len(before.rstrip())

    def _is_blank_below(self, offset: int) -> bool:
        """Tell whether the line below *offset* holds only blanks: a block would take them for its own."""
        line = self.layout.line(self.layout.line_stop(offset))
        return not line.strip() and bool(line.strip("\r\n"))

    def _replace_block(self, part: Part, head: str, below: Sequence[str], slot: _Slot) -> None:
        layout = self.layout
        first = layout.line_start(self._first(part))
        if slot.after is None or first <= slot.after:  # it begins behind a dash, on its line
            self._put(part.start, part.end, head)
            return
        if part.start < first:
            self._put(part.start, part.start + len(layout.text[part.start : part.body].rstrip()), head)
        else:
            self._put(slot.after, slot.after, f" {head}")
        self._put_lines(first, layout.line_stop(part.end), below)

    def _first(self, part: Part) -> int:
        """Return where the first key or dash of a block stands."""
        return part.pairs[0].key.start if part.pairs else self.layout.dash(part.items[0])

    def _indent(self, part: Part) -> int:
        """Return the column of the lines of a block scalar."""
        layout, at = self.layout, self.layout.line_stop(part.body)
        while at < part.end:
            line = layout.line(at)
            if line.strip():
                return len(line) - len(line.lstrip(" "))
            at += len(line)
        line = layout.line(part.body)
        return len(line) - len(line.lstrip(" ")) + 2

    # Mappings and lists

    def _mapping(self, part: Part, old: Mapping[str, Any], new: Mapping[str, Any], slot: _Slot) -> None:
        own = {pair.name: pair for pair in part.pairs if pair.name is not None}
        for name in old.keys() - new.keys() - own.keys():
            why = f'"{name}" comes from a merge key (<<), so it cannot be taken out here.'
            raise Unfit(why, (*slot.path, name))
        for name, pair in own.items():
            if name in new:
                self._value(pair.value, old[name], new[name], self._slot_of(pair, part, (*slot.path, name)))
        added = {
            name: value
            for name, value in new.items()
            if name not in own and (name not in old or not same(value, old[name]))
        }
        dropped = [at for at, pair in enumerate(part.pairs) if pair.name is not None and pair.name not in new]
        if not added and not dropped:
            return
        self._path = slot.path
        if part.flow:
            texts = [self._pair_in_flow(name, value) for name, value in added.items()]
            spans = [(pair.key.start, max(pair.key.end, pair.value.end)) for pair in part.pairs]
            at = dropped[0] + 1 if dropped else len(spans)
            first, rest = (texts[:1], texts[1:]) if dropped else (texts, [])
            self._in_flow(part, spans, dropped, {at: first} | ({len(spans): rest} if rest else {}))
        elif len(dropped) == len(part.pairs) and not added:
            self._empty(part, {}, slot)
        else:
            column = self.layout.column(part.pairs[0].key.start)
            at = next((at for at in dropped if at + 1 not in dropped), len(part.pairs) - 1)
            spans = [(pair.key.start, pair.value.end) for pair in part.pairs]
            self._in_block(spans, dropped, {at + 1: list(block(added, column))} if added else {})

    def _pair_in_flow(self, name: str, value: Any) -> str:
        return f"{in_json(name)}: {in_json(value)}" if self.json else f"{quoted(name)}: {inline(value)}"

    def _slot_of(self, pair: Pair, part: Part, path: ValuePath) -> _Slot:
        colon = self.layout.sign(":", pair.key.end, max(pair.value.start, pair.key.end + 1))
        after = None if colon is None else colon + 1
        return _Slot(after, None if part.flow else self.layout.column(pair.key.start), path)

    def _sequence(self, part: Part, old: list[Any], new: Sequence[Any], slot: _Slot) -> None:
        inserted: dict[int, list[Any]] = {}
        if slot.path in self._by_place:
            stay = [at for at in range(len(old)) if at not in self._by_place[slot.path]]
            kept = dict(zip(stay, new, strict=True))
        else:
            kept, inserted = _aligned(old, new)
        for at, value in kept.items():
            after = None if part.flow else self.layout.dash(part.items[at]) + 1
            self._value(part.items[at], old[at], value, _Slot(after, path=(*slot.path, at)))
        dropped = [at for at in range(len(old)) if at not in kept]
        if not dropped and not inserted:
            return
        self._path = slot.path
        if part.flow:
            write = in_json if self.json else inline
            spans = [(item.start, item.end) for item in part.items]
            texts = {at: [write(value) for value in values] for at, values in inserted.items()}
            self._in_flow(part, spans, dropped, texts)
        elif len(dropped) == len(old) and not inserted:
            self._empty(part, [], slot)
        else:
            spans = [(self.layout.dash(item), item.end) for item in part.items]
            lines = {
                at: [line for value in values for line in self._item(part, value)]
                for at, values in inserted.items()
            }
            self._in_block(spans, dropped, lines)

    def _item(self, part: Part, value: Any) -> Iterator[str]:
        """Yield the lines of an item that is new in a block, written like the others."""
        dash, first = self.layout.dash(part.items[0]), part.items[0].start
        gap = self.layout.text[dash + 1 : first]
        pad = " " * self.layout.column(dash) + "-" + (gap if gap and not gap.strip(" ") else " ")
        if isinstance(plain(value), Mapping) and any(item.is_block and item.pairs for item in part.items):
            first_line, *below = block(plain(value), len(pad))
            yield pad + first_line.lstrip()
            yield from below
        else:
            yield f"{pad}{inline(value)}{_said(value)}"

    def _empty(self, part: Part, nothing: Any, slot: _Slot) -> None:
        """Take out all that a block holds."""
        self._removed.append((self._first(part), self.layout.line_stop(part.end)))
        self._replace(part, nothing, slot)

    # Blocks

    def _in_block(
        self, spans: Sequence[tuple[int, int]], dropped: Sequence[int], added: Mapping[int, Sequence[str]]
    ) -> None:
        """Take the lines of pairs or items out, and put lines before others.

        Args:
            spans: Where each pair or item begins and ends.
            dropped: Which of them go.
            added: New lines, by the position of what they stand before.
        """
        layout = self.layout
        begins = [layout.line_start(start) for start, _ in spans]
        shares = bool(layout.text[begins[0] : spans[0][0]].strip())  # the first stands behind a dash
        stops = [
            self._end_of_dropped(*span) if at in dropped else layout.line_stop(span[1])
            for at, span in enumerate(spans)
        ]
        places = {at: begins[0] if at == 0 else stops[at - 1] for at in added}
        kept = next((at for at in range(len(spans)) if at not in dropped), len(spans))
        if shares and kept:
            if kept == len(spans) or 0 in added:
                why = "It stands on the line of a dash, and nothing else would be left there."
                raise Unfit(why, self._path)
            self._removed.append((spans[0][0], spans[kept][0]))
            self._put(spans[0][0], spans[kept][0], "")
        runs: list[tuple[int, int]] = []
        for at in dropped if not shares else (at for at in dropped if at > kept):
            if runs and not layout.text[runs[-1][1] : begins[at]].strip():
                runs[-1] = (runs[-1][0], stops[at])
            else:
                runs.append((begins[at], stops[at]))
        waiting = {places[at]: lines for at, lines in added.items()}
        for start, stop in runs:
            self._remove(start, stop, waiting.pop(stop, ()))
        for place, lines in waiting.items():
            self._put_lines(place, None, lines)

    def _end_of_dropped(self, start: int, end: int) -> int:
        """Return where the lines end that go with a pair or an item: comments indented below it, too."""
        layout, at = self.layout, self.layout.line_stop(end)
        while at < len(layout.text):
            line = layout.line(at)
            said = line.lstrip(" ")
            if not said.startswith("#") or len(line) - len(said) <= layout.column(start):
                break
            at += len(line)
        return at

    def _remove(self, start: int, stop: int, lines: Sequence[str]) -> None:
        """Take out whole lines, and blank ones below where two would meet; put *lines* in their place."""
        layout = self.layout
        self._removed.append((start, stop))
        if not lines and (start == 0 or not layout.line(start - 1).strip()):
            while stop < len(layout.text) and not layout.line(stop).strip():
                stop = layout.line_stop(stop)
        self._put_lines(start, stop, lines)

    def _put_lines(self, start: int, stop: int | None, lines: Sequence[str]) -> None:
        """Put *lines* in the place of the whole lines from *start* to *stop*."""
        text, end = self.layout.text, self.layout.line_end
        stop = start if stop is None else stop
        if start == stop and not lines:
            return
        if stop < len(text) or text.endswith(("\n", "\r")):
            self._put(start, stop, "".join(f"{line}{end}" for line in lines))
            return
        # The last line has no end, and what comes behind it has none either.
        self._put(start, stop, end.join(lines) if start < stop else "".join(f"{end}{line}" for line in lines))

    # Brackets

    def _in_flow(
        self,
        part: Part,
        spans: Sequence[tuple[int, int]],
        dropped: Sequence[int],
        added: Mapping[int, Sequence[str]],
    ) -> None:
        """Take pairs or items out of brackets, and put others in.

        Args:
            part: The brackets.
            spans: Where each pair or item begins and ends.
            dropped: Which of them go.
            added: New ones, by the position of what they stand before.
        """
        gone = set(dropped)
        new = {at: list(texts) for at, texts in added.items()}
        for place, texts in new.items():  # what is new stands in the place of what went before it
            around = [at for at in sorted(gone) if gone.issuperset(range(min(at, place), max(at + 1, place)))]
            for at in around[: len(texts)]:
                self._removed.append(spans[at])
                self._put(*spans[at], texts.pop(0))
                gone.discard(at)
        if len(gone) == len(spans):
            self._removed += [(part.body, part.end)] if spans else []
            self._put(part.body + 1, part.end - 1, ", ".join(text for at in sorted(new) for text in new[at]))
            return
        self._drop_in_flow(part, spans, gone)
        for at, texts in new.items():
            if texts:
                self._add_in_flow(part, spans, at, texts)

    def _drop_in_flow(self, part: Part, spans: Sequence[tuple[int, int]], gone: set[int]) -> None:
        last = max(at for at in range(len(spans)) if at not in gone)
        for at in sorted(gone):
            start, end = spans[at]
            if at < last:
                stop = spans[at + 1][0]
                self._removed.append((start, stop))
                self._put(start, stop, "")
        if last + 1 == len(spans):
            return
        start, end = spans[last + 1][0], spans[-1][1]
        comma = self.layout.sign(",", spans[last][1], start)
        trailing = self.layout.sign(",", end, part.end)
        begin, stop = self.layout.line_start(start), self.layout.line_stop(end)
        if begin > spans[last][1] and stop < part.end:
            self._removed.append((begin, stop))
            self._put_lines(begin, stop, ())
            if comma is not None and trailing is None:
                self._put(comma, comma + 1, "")
        else:
            self._removed.append((start, end))
            self._put(spans[last][1], end, "")

    def _add_in_flow(
        self, part: Part, spans: Sequence[tuple[int, int]], at: int, texts: Sequence[str]
    ) -> None:
        layout, end = self.layout, self.layout.line_end
        start, stop = spans[min(at, len(spans) - 1)]
        pad = layout.text[layout.line_start(start) : start]
        own_line = not pad.strip() and layout.line_start(start) > part.body
        between = f",{end}{pad}" if own_line else ", "
        if at < len(spans):
            self._put(start, start, "".join(f"{text}{between}" for text in texts))
        elif own_line and layout.line_stop(stop) < part.end:
            comma = layout.sign(",", stop, part.end)
            if comma is None:
                self._put(stop, stop, ",")
            last = len(texts) - 1
            self._put_lines(
                layout.line_stop(stop),
                None,
                [
                    f"{pad}{text}{',' if comma is not None or at < last else ''}"
                    for at, text in enumerate(texts)
                ],
            )
        else:
            self._put(stop, stop, "".join(f"{between}{text}" for text in texts))

    def _put(self, start: int, stop: int, text: str) -> None:
        self.splices.append(Splice(start, stop, text))
        self._paths.append(self._path)


class _Ranges:
    """Places in a text, some of them one range within another."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []
        for start, stop in sorted(ranges):
            if self._stops and start <= self._stops[-1]:
                self._stops[-1] = max(stop, self._stops[-1])
            else:
                self._starts.append(start)
                self._stops.append(stop)

    def __contains__(self, place: int) -> bool:
        at = bisect_right(self._starts, place) - 1
        return at >= 0 and place < self._stops[at]


def _said(value: Any) -> str:
    """Return the word about a value, as a comment behind it."""
    return f"  {comment(value.comment)}" if isinstance(value, Commented) and value.comment else ""


def _aligned(old: Sequence[Any], new: Sequence[Any]) -> tuple[dict[int, Any], dict[int, list[Any]]]:
    """Return what becomes of the items of a list.

    Returns:
        The items that stay, each with what it shall be; new ones by the position of what they stand before.
    """
    kept: dict[int, Any] = {}
    inserted: dict[int, list[Any]] = {}
    matcher = SequenceMatcher(
        None, [_token(each) for each in old], [_token(each) for each in new], autojunk=False
    )
    for tag, start, stop, first, last in matcher.get_opcodes():
        if tag == "equal":
            kept.update(zip(range(start, stop), new[first:last], strict=True))
            continue
        at, waiting = start, []
        for value in new[first:last]:
            found = next((place for place in range(at, stop) if _akin(old[place], value)), None)
            if found is None:
                waiting.append(value)
                continue
            kept[found] = value
            if waiting:
                inserted[found], waiting = waiting, []
            at = found + 1
        if waiting:
            inserted[stop] = waiting
    return kept, inserted


def _token(value: Any) -> str:
    """Return what two items have in common that say the same."""
    match value:
        case Commented():
            return _token(value.value)
        case Mapping():
            return "{" + ",".join(sorted(f"{name}:{_token(inner)}" for name, inner in value.items())) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_token, value)) + "]"
        case _:
            return str(value)


def _akin(old: Any, new: Any) -> bool:
    """Tell whether two items are about one thing: `bob@acme.example` and `{email: bob@acme.example, …}`."""
    new = plain(new)
    if isinstance(old, dict) and isinstance(new, Mapping):
        shared = (name for name, value in old.items() if name in new and not isinstance(value, bool))
        first = next(shared, None)
        return first is not None and same(new[first], old[first])
    if isinstance(old, dict) or isinstance(new, Mapping):
        mapping, text = (old, new) if isinstance(old, dict) else (new, old)
        return any(value == text for value in mapping.values() if not isinstance(value, bool))
    return False
