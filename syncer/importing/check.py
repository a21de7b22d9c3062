"""Does what was written plan to nothing? The stages of a plan are asked, before any file exists."""

from collections.abc import Iterable, Mapping, Sequence

from syncer import resolve
from syncer.kinds.base import Kind
from syncer.kinds.custom import path_of
from syncer.kinds.registry import sections
from syncer.manifest.build import Builder, BuildRules, Document
from syncer.manifest.gather import gather
from syncer.manifest.load import load_bytes
from syncer.manifest.validate import check_manifest
from syncer.model.change import Action
from syncer.model.declared import Declared, Existing
from syncer.model.observed import Observed
from syncer.model.problem import Problem
from syncer.planning import decide as planning
from syncer.planning import match as identity
from syncer.planning.rules import Rules
from syncer.project.load import Project
from syncer.resolve.directory import Directory

Faults = Mapping[str, tuple[str, ...]]


def faults(
    kind: Kind, texts: Mapping[str, str], directory: Directory, observed: Sequence[Observed], project: Project
) -> Faults:
    """Return what keeps manifests from planning to nothing: fields by key.

    An empty tuple says that the whole record is at fault, `("id",)` that it is not found, or not alone.

    Args:
        kind: What they declare.
        texts: Files by name.
        directory: Every name they may use.
        observed: Every record they may mean.
        project: Whose rules count.
    """
    rule = kind.found_by(project.identity)
    rules = Rules(rule.match, rule.key_field, Existing.REPORT)
    declared, problems = _built(texts, project)
    found: dict[str, tuple[str, ...]] = dict.fromkeys(_keys(problems), ())
    sound = [entry for entry in declared if entry.key not in found]
    desired = resolve.resolve(sound, directory, key_field=rules.key_field).desired
    if len(desired) < len(sound):
        found |= dict.fromkeys(_unresolvable(sound, directory, rules), ())
    matches = identity.match(kind, desired, observed, rule=rules.matching)
    found |= dict.fromkeys(_keys(matches.problems), ("id",))
    for change in planning.decide(desired, matches, rules):
        if change.action is Action.CREATE:
            found[change.address.key] = ("id",)
        elif change.action is not Action.NOOP:
            paths = [path for path in change.differs if path != path_of(rules.key_field or "")]
            if paths:
                found[change.address.key] = tuple(paths)
    return found


def _built(texts: Mapping[str, str], project: Project) -> tuple[list[Declared], list[Problem]]:
    settings = BuildRules(
        project.source,
        project.defaults,
        project.identity.key_field,
        project.identity.match,
        project.state.is_shared,
    )
    builder = Builder(settings)
    problems = [*builder.problems]
    built = []
    for name, text in texts.items():
        loaded = load_bytes(text.encode(), name, keys_of=sections())
        assert loaded.source is not None and loaded.ok, [str(problem) for problem in loaded.problems]  # noqa: PT018
        checked = check_manifest(loaded.source, loaded.value, loaded.keys)
        problems += checked.problems
        built.append(builder.build(Document(loaded.source, loaded.value, loaded.keys, checked)))
    gathered = gather(built, settings)
    return gathered.declared, [*problems, *gathered.problems]


def _keys(problems: Iterable[Problem]) -> set[str]:
    return {problem.address.key for problem in problems if problem.address}


def _unresolvable(declared: Sequence[Declared], directory: Directory, rules: Rules) -> set[str]:
    """Return the keys of what cannot be resolved; halved until each is alone, since a fault is told once."""
    if not declared:
        return set()
    if len(resolve.resolve(declared, directory, key_field=rules.key_field).desired) == len(declared):
        return set()
    if len(declared) == 1:
        return {declared[0].key}
    middle = len(declared) // 2
    return _unresolvable(declared[:middle], directory, rules) | _unresolvable(
        declared[middle:], directory, rules
    )
