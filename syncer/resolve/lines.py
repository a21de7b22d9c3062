"""Product lines: what is sold → ids of products with their quantity and price; the sum of it."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from syncer.kinds.base import Kind
from syncer.model.declared import Line, Money, Reference
from syncer.model.names import Entry
from syncer.resolve.directory import Directory
from syncer.resolve.draft import Draft
from syncer.resolve.faults import Faults, UnresolvedError
from syncer.resolve.references import References, listed
from syncer.shapes import canon
from syncer.shapes.base import Field
from syncer.shapes.lines import COMMENT, LINES, PRICE, QUANTITY, line_key, product_of, total
from syncer.shapes.money import amount
from syncer.shapes.rows import entity_of

_SELECTED = 2  # OAS Product.allowed_pipelines: 1 all, 2 those of product_pipelines


class Lines:
    """Resolves product lines."""

    def __init__(self, directory: Directory, references: References, faults: Faults) -> None:
        self.directory = directory
        self.references = references
        self.faults = faults

    def resolvers(self, kind: Kind) -> dict[str, Callable[[Draft], None]]:
        """Return what resolves each field of lines of *kind* into a draft, by its name."""
        # What a product is allowed in is that which the record's place in its process says.
        around = next((spec.name for spec in kind.fields if spec.via), None)
        return {
            spec.name: partial(self.lines, spec=spec, around=around)
            for spec in kind.fields
            if spec.shape is LINES
        }

    def lines(self, draft: Draft, spec: Field, around: str | None) -> None:
        """Resolve the lines of a record; *around* is the field that may not allow a product.

        Raises:
            UnresolvedError: One has a problem, which is noted.
        """
        times: Counter[str] = Counter()
        canonical: dict[str, Any] = {}
        human: list[dict[str, Any]] = []
        failed = False
        for index, line in enumerate(draft.written[spec.name] or ()):
            try:
                found = self._product(draft, spec, index, line, around)
            except UnresolvedError:
                failed = True
                continue
            times[found.id] += 1
            value: dict[str, Any] = {QUANTITY: canon.number(line.quantity)}
            if line.price is not None:
                value[PRICE] = canon.number(line.price)
            if line.comment is not None:
                value[COMMENT] = canon.text(line.comment)
            canonical[line_key(found.id, times[found.id])] = value
            said = {**value, PRICE: amount(value[PRICE])} if PRICE in value else value
            human.append({spec.refers or "": self.references.written(line.reference, found)} | said)
        if failed:
            raise UnresolvedError
        draft.set(spec.name, canonical, human)

    def _product(self, draft: Draft, spec: Field, index: int, line: Line, around: str | None) -> Entry:
        found = self.references.one(draft.entry, (spec.name, index), line.reference)
        place = draft.values.get(around) if around else None
        allowed = _allowed(found)
        if place is None or allowed is None or place in allowed:
            return found
        noun = around or ""
        names = sorted(self.directory.label(noun, id_) for id_ in allowed)
        raise self.faults.note(
            draft.entry,
            (spec.name, index),
            "product-not-allowed",
            f'The product "{self.references.written(line.reference, found)}" is not allowed in the {noun} '
            f'"{self.directory.label(noun, place)}".',
            f"it is allowed in: {listed(names) if names else 'none'}; name another product, or have an "
            f"administrator allow it",
            (found.id, place),
        )

    def sum(self, draft: Draft, spec: Field, lines: Field) -> Money:
        """Return what the *lines* of a record come to, in their currency; *spec* is the field of the sum.

        Raises:
            UnresolvedError: Nobody knows what one costs; the problem is noted.
        """
        link = entity_of(lines)
        if {lines.name, link.currency, link.prices} & draft.failed:
            raise UnresolvedError
        currency = draft.values.get(link.currency) or self.directory.base_currency or ""
        wanted = draft.values.get(link.prices)
        priced: dict[str, Any] = {}
        failed = False
        for index, (key, line) in enumerate(draft.values[lines.name].items()):
            price = line.get(PRICE) or self._price(product_of(key), currency, wanted)
            if price is None:
                self._without_price(draft, lines, index, product_of(key), currency)
                failed = True
            priced[key] = {**line, PRICE: price}
        if failed:
            raise UnresolvedError
        return Money(total(priced), Reference(spec.refers or "", id=currency))

    def _price(self, product: str, currency: str, wanted: str | None) -> str | None:
        """Return the price of a list: of the one that is *wanted*, else of all that know one alike."""
        known = self.directory.prices.get((product, currency), {})
        if wanted is not None:
            return known.get(wanted)
        prices = set(known.values())
        return prices.pop() if len(prices) == 1 else None

    def _without_price(self, draft: Draft, lines: Field, index: int, product: str, currency: str) -> None:
        known = self.directory.prices.get((product, currency), {})
        code = self.directory.written("currency", currency)
        name = self.directory.written("product", product)
        several = f"The price lists do not agree what {name} costs in {code}."
        detail = several if known else f"No price list says what {name} costs in {code}."
        self.faults.note(
            draft.entry,
            (lines.name, index),
            "product-without-price",
            detail,
            "write the price of the line"
            + (f", or which list counts: {entity_of(lines).prices}: …" if known else ""),
            (product, currency, bool(known)),
        )


def _allowed(product: Entry) -> frozenset[str] | None:
    """Return the pipelines that a product may be used in; None when these are all."""
    row = product.row
    inner = row.get("product_pipelines")
    said = inner if isinstance(inner, dict) else {}
    if _SELECTED not in {row.get("allowed_pipelines"), said.get("allowed_pipelines")}:
        return None
    return frozenset(map(str, said.get("pipelines") or ()))
