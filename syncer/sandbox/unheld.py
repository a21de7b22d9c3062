"""Entities the API has and the sandbox holds no records of: their lists are empty."""

from typing import Final

from syncer.sandbox.entities import ENTITIES

# Lists that nothing in our tables refers to. Source: the streams of Airbyte's connector (tested against the
# service, says its manifest), the vendor's Microsoft connector (`TaskTypes`), OAS (`LeadTypes`).
_NAMED: Final = (
    *("Activities", "Entities", "EntityFitnesses", "EntityScorings", "Forecasts", "FormViews", "LeadTypes"),
    *("Memos", "Reports", "TaskTypes"),
)


def plural_of(name: str) -> str:
    """Give the last part of an entity's path, guessed where we hold none (`CloudObject`: recorded)."""
    if name in ENTITIES:
        return ENTITIES[name].plural
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith("s") else f"{name}s"


UNHELD: Final = frozenset(
    {
        plural_of(field.target)
        for entity in ENTITIES.values()
        for field in entity.fields.values()
        if field.target and field.target not in ENTITIES
    }.union(_NAMED)
)
