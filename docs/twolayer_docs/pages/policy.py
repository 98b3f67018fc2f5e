"""A Content-Security-Policy on each page: whatever it asks for comes from this site.

The policy stands in a ``<meta>`` tag, so it holds on any static host and from a folder. Scripts are files
of the site, and one that stands in the page, which the policy names by its hash: the choice of light or
dark has to be made before anything is painted.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

THEME_SCRIPT = (
    '(function(){var theme="auto";'
    'try{theme=localStorage.getItem("theme")||theme}catch(blocked){}'
    "document.body.dataset.theme=theme;"
    'document.documentElement.classList.remove("no-js")})()'
)
"""What the page runs first. Where storage is blocked, reading it is an error, and the system decides.

What needs scripts is shown from here on, so that nothing moves when they are loaded."""


def policy(script: str = THEME_SCRIPT) -> str:
    """Write the policy.

    Styles may stand in a page, since the theme, Pygments and MathML write some there; they can ask for
    nothing that the other rules don't allow.

    Args:
        script: The one script that may stand in a page.

    Returns:
        The value of ``Content-Security-Policy``.

    Examples:
        >>> "'unsafe-inline'" in policy().partition("script-src")[2].partition(";")[0]
        False
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' 'sha256-{digest}'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def offer(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.Node | None
) -> None:
    """Offer the policy and the script to templates."""
    context["security_policy"] = policy()
    context["theme_script"] = Markup(THEME_SCRIPT)  # noqa: S704
