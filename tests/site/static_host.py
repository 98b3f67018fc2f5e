"""A static host on this machine that serves the site as a public one does.

It compresses text, names types and lifetimes, answers that nothing changed, and shows the site's
own page where there is nothing, as GitHub Pages does.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import http.server
import threading
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS_KEPT = 600
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".epub": "application/epub+zip",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".ipynb": "application/json",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".png": "image/png",
    ".py": "text/x-python; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
    ".zip": "application/zip",
}
OTHER = "application/octet-stream"
# A browser that a busy machine keeps waiting draws half a page, whose second half then moves the first.
# With these lines it draws nothing before the page's last element is there.
_WAIT = b'<link rel="expect" blocking="render" href="#the-last"></head>'
_LAST = b'<template id="the-last"></template></body>'
_PACKED = {".epub", ".ico", ".png", ".webp", ".woff2", ".zip"}


class Answer(NamedTuple):
    """What the host sends for a file.

    Args:
        kind: Its type.
        tag: Its ``ETag``.
        body: Its bytes as they are sent.
        compressed: Whether they are compressed.
    """

    kind: str
    tag: str
    body: bytes
    compressed: bool


@functools.cache
def answer(path: Path, changed: int, *, compress: bool, drawn_whole: bool = False) -> Answer:
    """Prepare what is sent for a file.

    Args:
        path: The file.
        changed: When it was last changed, in nanoseconds, so that a new text is a new answer.
        compress: Whether the browser takes gzip.
        drawn_whole: Whether a page tells the browser to draw it once all of it has come.

    Returns:
        The answer.
    """
    del changed
    body = path.read_bytes()
    if drawn_whole and path.suffix == ".html":
        body = body.replace(b"</head>", _WAIT, 1).replace(b"</body>", _LAST)
    kind = TYPES.get(path.suffix, OTHER)
    compress = compress and kind != OTHER and path.suffix not in _PACKED
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}{"-gzip" if compress else ""}"'
    return Answer(kind, tag, gzip.compress(body, mtime=0) if compress else body, compress)


class Host(http.server.BaseHTTPRequestHandler):
    """Answers requests for the files of a folder."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def __init__(self, *arguments: object, folder: Path, drawn_whole: bool) -> None:
        """Serve a folder."""
        self._folder, self._drawn_whole = folder, drawn_whole
        super().__init__(*arguments)  # type: ignore[arg-type]

    def log_message(self, *_arguments: object) -> None:
        """Write nothing."""

    def do_GET(self) -> None:
        """Send a file."""
        self._send(body=True)

    def do_HEAD(self) -> None:
        """Send what a file's answer starts with."""
        self._send(body=False)

    def _send(self, *, body: bool) -> None:
        asked = urlsplit(self.path).path
        path = (self._folder / unquote(asked).lstrip("/")).resolve()
        if path.is_dir() and self._folder in (path, *path.parents):
            if not asked.endswith("/"):
                self._start(HTTPStatus.MOVED_PERMANENTLY, {"Location": f"{asked}/"})
                return
            path /= "index.html"
        status = HTTPStatus.OK
        if not (path.is_file() and self._folder in path.parents):
            path, status = self._folder / "404.html", HTTPStatus.NOT_FOUND
        if not path.is_file():
            self._start(status, {})
            return
        accepted = self.headers.get("Accept-Encoding", "")
        changed, compress = path.stat().st_mtime_ns, "gzip" in accepted
        sent = answer(path, changed, compress=compress, drawn_whole=self._drawn_whole)
        headers = {"Cache-Control": f"max-age={SECONDS_KEPT}", "ETag": sent.tag}
        if status is HTTPStatus.OK and self.headers.get("If-None-Match") == sent.tag:
            self._start(HTTPStatus.NOT_MODIFIED, headers)
            return
        headers |= {"Content-Type": sent.kind, "Vary": "Accept-Encoding"}
        if sent.compressed:
            headers["Content-Encoding"] = "gzip"
        self._start(status, headers, len(sent.body))
        if body:
            self.wfile.write(sent.body)

    def _start(self, status: HTTPStatus, headers: dict[str, str], length: int = 0) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(length))
        self.end_headers()


@contextmanager
def serve(folder: Path, *, drawn_whole: bool = False) -> Iterator[str]:
    """Serve a folder on a free port of this machine.

    Args:
        folder: The site's folder.
        drawn_whole: Whether browsers draw a page only once all of it has come, so that nothing seems
            to move on a slow machine that does not on others.

    Yields:
        Its address, without a slash at the end.
    """
    handler = functools.partial(Host, folder=folder.resolve(), drawn_whole=drawn_whole)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
