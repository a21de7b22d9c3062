"""What a declared record is called: `opportunity.acme-renewal-2027`."""

from typing import NamedTuple, Self


class Address(NamedTuple):
    """A declared record; ordered by kind, then by key.

    Attributes:
        kind: Of which kind it is.
        key: Its key in the manifests; may hold dots.
    """

    kind: str
    key: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.key}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the address that *text* spells.

        Raises:
            ValueError: It spells none.
        """
        kind, dot, key = text.partition(".")
        if not (kind and dot):
            raise ValueError(f"{text!r} is no address")
        return cls(kind, key)
