"""What a page's head and its top say: policy, description, addresses, links to the page's files.

The tags themselves stand in ``docs/_templates``. A build on a reader's machine has no address, and its pages
name none. Where the environment names one, pages get a canonical address and what link previews need, and
the site a map for search engines; where it names the repository, pages lead there and notebooks to Colab.
"""

from __future__ import annotations

import base64
import hashlib
import html
import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from docutils import nodes
from sphinx import addnodes
from sphinx.locale import _

from twolayer_docs.pages import body
from twolayer_docs.paths import is_page

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NOTEBOOKS = "notebooks"
"""The branch of the repository that holds the notebooks of the deployed site."""
NOT_FOUND = "404.html"
MARKDOWN = ".md"
"""What is appended to a page's address for its Markdown."""
DOWNLOADS = {".py": "Script", ".ipynb": "Notebook", ".zip": "Both, zipped"}
"""The files that a page offers, by their kind, and what the links are called."""
_LENGTH, _CHINESE_LENGTH = 160, 80
FALLBACK = (
    "One small neural network, built again and again: by hand in NumPy, then with each layer of "
    "PyTorch that takes a piece of the work away."
)
"""The description of a page without a paragraph of some length."""
THEME_SCRIPT = (
    '(function(){var theme="auto";'
    'try{theme=localStorage.getItem("theme")||theme}catch(blocked){}'
    "document.body.dataset.theme=theme;"
    'document.documentElement.classList.remove("no-js")})()'
)
"""The one script in a page: light or dark has to be chosen, and what needs scripts be shown, before anything
is painted. Where storage is blocked, reading it is an error, and the system decides."""
_DIGEST = base64.b64encode(hashlib.sha256(THEME_SCRIPT.encode()).digest()).decode()
# The theme, Pygments and MathML write styles into pages; they can ask for nothing that isn't allowed here.
POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' 'sha256-{_DIGEST}'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
    )
)
"""The Content-Security-Policy: whatever a page asks for comes from this site."""


class AddressError(ValueError):
    """An address that is none."""


class Settings(NamedTuple):
    """Where the site lies, such as ``https://example.org/twolayer/``, and its repository, if known."""

    address: str | None
    repository: str | None


class PageLink(NamedTuple):
    """A link at the top of a page; a download is saved rather than shown."""

    name: str
    href: str
    download: bool = False


def settings(environment: dict[str, str] | None = None) -> Settings:
    """Read the addresses of the site and the repository from the environment.

    >>> settings({"TWOLAYER_SITE_URL": "https://example.org/twolayer"})
    Settings(address='https://example.org/twolayer/', repository=None)
    """
    known = dict(os.environ) if environment is None else environment
    site = _address("TWOLAYER_SITE_URL", known) or _address("READTHEDOCS_CANONICAL_URL", known)
    repository = _address("TWOLAYER_REPOSITORY", known)
    return Settings(
        site and site.rstrip("/") + "/", repository and repository.rstrip("/").removesuffix(".git")
    )


def _address(name: str, environment: dict[str, str]) -> str | None:
    """Read an address from a variable."""
    value = environment.get(name, "").strip()
    if not value:
        return None
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        message = f"{name}: {value!r} given; want an address such as https://example.org/twolayer/"
        raise AddressError(message)
    return value


def offer(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    """Offer a page's template what its head and its top say."""
    context["security_policy"] = POLICY
    context["theme_script"] = THEME_SCRIPT
    context["description"] = describe(doctree)
    if page == app.config.root_doc and context["pageurl"]:
        context["pageurl"] = app.config.html_baseurl
    context["markdown"] = f"{PurePosixPath(page).name}.html{MARKDOWN}"
    context["has_markdown"] = is_page(f"{page}.html")
    context["page_links"] = page_links(page, context, doctree) if doctree else []


def describe(doctree: nodes.Node | None) -> str:
    """Choose a description: the first paragraph that has some length, as many of its sentences as there is room for."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        text = " ".join(paragraph.astext().split())
        length = _CHINESE_LENGTH if "。" in text else _LENGTH
        if len(text) <= length // 4 or body.within(paragraph, nodes.Admonition):
            continue
        if len(text) <= length:
            return text
        if sentences := re.match(rf".{{1,{length}}}(?:(?<=[.!?])(?= )|(?<=[。！？]))", text):
            return sentences[0]
        cut = text[: length - 1]
        return (cut if "。" in text else cut.rpartition(" ")[0]).rstrip(",;:.，；：") + "…"
    return _(FALLBACK)


def page_links(page: str, context: dict[str, Any], doctree: nodes.Node) -> list[PageLink]:
    """List the links at a page's top: to its downloads or its source, its Markdown, Colab, the repository."""
    to, repository = context["pathto"], context["repository"]
    files = {
        PurePosixPath(node["filename"]).suffix: f"_downloads/{node['filename']}"
        for node in doctree.findall(addnodes.download_reference)
        if "filename" in node
    }
    links = [
        PageLink(_(name), to(files[kind], resource=True), download=True)
        for kind, name in DOWNLOADS.items()
        if kind in files
    ]
    source = context.get("sourcename") or ""
    place = f"{page}.py" if links else f"docs/{source}"
    # What sphinx-gallery wrote is nobody's source; on pages without contents nobody looks for it.
    if not links and source.endswith(".md") and "hide-toc" not in (context.get("meta") or {}):
        links = [PageLink(_("Source"), to(f"_sources/{source}", resource=True))]
    if not links:
        return []
    links.append(PageLink("Markdown", context["markdown"]))
    if not repository:
        return links
    # The branch for Colab has the English notebooks.
    in_english = context.get("language") != "zh-CN"
    if ".ipynb" in files and in_english and (opened := colab(repository, page)):
        links.append(PageLink(_("Open in Colab"), opened))
    return [*links, PageLink(_("Repository"), f"{repository}/blob/main/{place}")]


def colab(repository: str, page: str) -> str | None:
    """Give the address that opens a page's notebook in Colab, which reads notebooks from GitHub alone.

    >>> colab("https://github.com/someone/twolayer", "gallery/tensors/creating")
    'https://colab.research.google.com/github/someone/twolayer/blob/notebooks/gallery/tensors/creating.ipynb'
    """
    parts = urlsplit(repository)
    if parts.netloc != "github.com":
        return None
    return f"https://colab.research.google.com/github{parts.path}/blob/{NOTEBOOKS}/{page}.ipynb"


def rooted(text: str, address: str | None) -> str:
    """Let a page's links start at the site's root: a host shows it below whatever address was asked for.

    >>> rooted('<a href="a.html"><a href="#top">', "https://example.org/twolayer/")
    '<a href="/twolayer/a.html"><a href="#top">'
    """
    root = urlsplit(address).path if address else "/"
    links = r'(\s(?:href|src|action)="|<html[^>]*\sdata-content_root=")(?!#|/|[a-z][a-z0-9+.-]*:)(?:\./)?'
    return re.sub(links, lambda found: f"{found[1]}{root}", text)


def finish(site: Path, address: str | None) -> None:
    """Root the links of the page for missing addresses; write the map where the site's address is known."""
    lost = site / NOT_FOUND
    lost.write_text(rooted(lost.read_text("utf-8"), address), "utf-8")
    if address is None:
        return
    files = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    places = sorted(name for name in files if is_page(name))
    urls = [html.escape(address + name.removeprefix("index.html")) for name in places]
    lines = "".join(f"  <url><loc>{url}</loc></url>\n" for url in urls)
    schema = "http://www.sitemaps.org/schemas/sitemap/0.9"
    (site / "sitemap.xml").write_text(
        f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="{schema}">\n{lines}</urlset>\n',
        "utf-8",
    )
    robots = f"User-agent: *\nAllow: /\n\nSitemap: {address}sitemap.xml\n"
    (site / "robots.txt").write_text(robots, "utf-8")
