"""Whether the host that the checks use answers as a public one does."""

from __future__ import annotations

import gzip
import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.site import static_host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[http.client.HTTPConnection]:
    """Serve a small site and connect to it."""
    for name, text in {"index.html": "<p>home</p>", "404.html": "<p>gone</p>"}.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "index.html").write_text("<p>folder</p>", "utf-8")
    (tmp_path / "font.woff2").write_bytes(b"font")
    with static_host.serve(tmp_path) as address:
        connection = http.client.HTTPConnection(urlsplit(address).netloc)
        yield connection
        connection.close()


def ask(
    connection: http.client.HTTPConnection, path: str, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    """Ask for a file."""
    connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    return answer, answer.read()


def test_text_is_compressed(connection: http.client.HTTPConnection) -> None:
    """Text goes compressed to whoever takes that, and as it is to others."""
    packed, body = ask(connection, "/index.html", Accept_Encoding="gzip, br")
    plain, text = ask(connection, "/index.html")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Type"] == "text/html; charset=utf-8"
    assert gzip.decompress(body) == text == b"<p>home</p>"
    assert "Content-Encoding" not in plain.headers


def test_what_is_packed_stays_as_it_is(connection: http.client.HTTPConnection) -> None:
    """A font, which is compressed in itself, is sent as it is, with its type."""
    answer, body = ask(connection, "/font.woff2", Accept_Encoding="gzip")

    assert answer.headers["Content-Type"] == "font/woff2"
    assert "Content-Encoding" not in answer.headers
    assert body == b"font"


def test_what_did_not_change_is_not_sent_again(connection: http.client.HTTPConnection) -> None:
    """A file may be kept for ten minutes; whoever has it is told that it is the same."""
    first, _ = ask(connection, "/index.html")
    second, body = ask(connection, "/index.html", If_None_Match=first.headers["ETag"])

    assert first.headers["Cache-Control"] == "max-age=600"
    assert (second.status, body) == (304, b"")


@pytest.mark.parametrize("path", ["/nothing.html", "/../index.html", "/%2e%2e/%2e%2e/etc/passwd"])
def test_what_is_not_there_shows_a_page(connection: http.client.HTTPConnection, path: str) -> None:
    """Where there is nothing, and outside of the folder, the answer is 404 with the site's page."""
    answer, body = ask(connection, path)

    assert (answer.status, body) == (404, b"<p>gone</p>")


def test_a_folder_shows_its_index(connection: http.client.HTTPConnection) -> None:
    """A folder's address ends with a slash and shows its index."""
    moved, _ = ask(connection, "/folder")
    answer, body = ask(connection, "/folder/")

    assert (moved.status, moved.headers["Location"]) == (301, "/folder/")
    assert (answer.status, body) == (200, b"<p>folder</p>")


def test_a_page_can_wait_until_it_is_whole(tmp_path: Path) -> None:
    """Where a host is told so, a page tells the browser to draw nothing before its last element is there."""
    (tmp_path / "index.html").write_text("<head></head><body><p>home</p></body>", "utf-8")
    with static_host.serve(tmp_path, drawn_whole=True) as address:
        connection = http.client.HTTPConnection(urlsplit(address).netloc)
        _, body = ask(connection, "/index.html")
        connection.close()
    expected = (
        b'<head><link rel="expect" blocking="render" href="#the-last"></head>'
        b'<body><p>home</p><template id="the-last"></template></body>'
    )
    assert body == expected
