"""axe on an open page: its rules on WCAG 2.2 at levels A and AA, and on best practices."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from tests.site import audit_tools

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession

# The size of targets, which WCAG 2.2 added, is the only rule of levels A and AA that is off by default.
_RUN = """
axe.run(document, {
    preload: false,
    resultTypes: ["violations"],
    rules: {"target-size": {enabled: true}},
}).then(found => found.violations)
"""


@functools.cache
def source() -> str:
    """Read axe's script."""
    return audit_tools.module("axe-core/axe.min.js").read_text("utf-8")


def violations(session: CDPSession) -> list[str]:
    """Let axe look at a page, and give a line for each rule that something on it breaks.

    The script comes by the DevTools protocol, which the page's Content-Security-Policy does not
    govern, so that the policy stays in force.
    """
    _evaluate(session, source() + "; void 0")
    return [line(violation) for violation in _evaluate(session, _RUN)]


def line(violation: dict[str, Any]) -> str:
    """Describe a broken rule, with the first three elements that break it.

    >>> element = {"target": ["img"], "html": "<img>"}
    >>> line({"id": "image-alt", "impact": "critical", "help": "h", "nodes": [element]})
    'image-alt (critical): h: img'
    """
    nodes = violation["nodes"]
    where = ", ".join(str(node["target"][0]) for node in nodes[:3])
    more = f" and {len(nodes) - 3} more" if len(nodes) > 3 else ""
    return f"{violation['id']} ({violation['impact']}): {violation['help']}: {where}{more}"


def _evaluate(session: CDPSession, expression: str) -> Any:
    answer = session.send(
        "Runtime.evaluate",
        {"expression": expression, "awaitPromise": True, "returnByValue": True},
    )
    if "exceptionDetails" in answer:
        details = answer["exceptionDetails"]
        message = f"axe failed: {details.get('exception', details)}"
        raise audit_tools.AuditError(message)
    return answer["result"].get("value")
