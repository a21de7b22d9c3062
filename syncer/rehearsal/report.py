"""What a rehearsal found, for people and for the file that is sent to us."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from syncer import __version__
from syncer.rehearsal.points import GROUPS, Conclusion, Finding, Point
from syncer.rehearsal.run import Rehearsed
from syncer.render.look import PLAIN, Look
from syncer.state.values import stamp

_PAINT: Final = {Conclusion.AS_ASSUMED: "create", Conclusion.OTHERWISE: "update", Conclusion.UNTOLD: "dim"}
_DOMAIN: Final = ".pipelinersales.com"
# Source: OAS servers.
_REGIONS: Final = frozenset({"us-east", "eu-central", "ca-central", "ap-southeast"})


def as_text(report: Rehearsed, look: Look = PLAIN) -> str:
    """Return one line a point, in groups; whole sentences, so that they can be read aloud."""
    findings = {finding.point: finding for finding in report.findings}
    lines: list[str] = []
    for group, points in GROUPS.items():
        lines += [look.paint(group, "bold"), *(_line(p, findings[p.name], look) for p in points), ""]
    counts = _counts(report)
    lines.append(", ".join(f"{counts[str(verdict)]} {verdict}" for verdict in Conclusion) + ".")
    return look.finish("\n".join(lines))


def _line(point: Point, finding: Finding, look: Look) -> str:
    verdict = look.paint(str(finding.verdict).capitalize(), _PAINT[finding.verdict])
    line = f"  {verdict}: {point.name}. {point.asked} {_sentence(finding.seen)}"
    if finding.verdict is Conclusion.OTHERWISE:
        matter = "It matters" if point.matters else "No matter"
        line += f" Assumed was: {point.assumed}. {matter}: syncer {point.client}."
    return line


def _sentence(words: str) -> str:
    # The name of a field stays as it is.
    first = words.partition(" ")[0].strip(",")
    return f"{words if '_' in first else words[:1].upper() + words[1:]}."


def as_json(report: Rehearsed, url: str) -> dict[str, Any]:
    """Return what can be sent to anybody: no name, no id, no address but the vendor's region.

    Args:
        report: Of the rehearsal.
        url: Of the service; only which of the vendor's regions it is, is told.
    """
    findings = {finding.point: finding for finding in report.findings}
    return {
        "format_version": "1.0",
        "tool_version": __version__,
        "rehearsed_at": stamp(datetime.now(UTC)),
        "region": region(url),
        "complete": not report.stopped,
        "left": report.left,
        "summary": _counts(report),
        "points": [
            {
                "name": point.name,
                "group": group,
                "asked": point.asked,
                "assumed": point.assumed,
                "verdict": str(findings[point.name].verdict),
                "seen": findings[point.name].seen,
                "seconds": findings[point.name].seconds,
                "matters": point.matters,
                "client": point.client,
            }
            for group, points in GROUPS.items()
            for point in points
        ],
    }


def region(url: str) -> str:
    """Return which of the vendor's regions *url* is in; `other` for every other host, which stays untold."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    first = host.split(".")[0]
    return first if host.endswith(_DOMAIN) and first in _REGIONS else "other"


def _counts(report: Rehearsed) -> dict[str, int]:
    counted = Counter(finding.verdict for finding in report.findings)
    return {str(verdict): counted[verdict] for verdict in Conclusion}
