"""What pages say of the other language, and what a page without a translation is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.docs import small_site
from twolayer_docs.translation import page, site

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "https://example.org/twolayer/"


def offered(name: str, language: str, address: str | None = ADDRESS) -> dict[str, Any]:
    """What a page's template gets."""
    app: Any = SimpleNamespace(
        builder=SimpleNamespace(name="html"),
        config=SimpleNamespace(language=language, root_doc="index"),
    )
    context: dict[str, Any] = {
        "content_root": "../",
        "address": address,
        "css_files": [],
        "script_files": [],
    }
    site.offer(app, name, "page.html", context, None)
    return context


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_search_engines_are_told_of_both_languages(language: str) -> None:
    """Where the address is known, both pages name both with it, and English is the default."""
    context = offered("gallery/tensors/creating", language)
    english, chinese = (f"{ADDRESS}{way}gallery/tensors/creating.html" for way in ("", "zh/"))
    wanted = {"en": english, "zh-CN": chinese, "x-default": english}
    assert dict(context["alternates"]) == wanted
    assert context["pageurl"] == wanted["en" if language == "en" else "zh-CN"]
    assert "alternates" not in offered("index", language, None)
    assert dict(offered("index", language)["alternates"])["zh-CN"] == f"{ADDRESS}zh/"


def test_a_page_in_english_only_is_one_page_for_search_engines() -> None:
    """The Chinese site's copy of a page that isn't translated names the English one, and says what it is."""
    context = offered("reference/fit", "zh_CN")
    assert context["in_english"]
    assert context["pageurl"] == f"{ADDRESS}reference/fit.html"
    assert "alternates" not in context


def test_the_page_for_missing_addresses_has_no_other_language() -> None:
    """It is there once, so no link leads from it to a page that isn't there."""
    assert offered("404", "en")["other_language"] is None
    assert offered("index", "en")["other_language"] == ("zh-CN", "../zh/index.html")
    assert offered("index", "zh_CN")["other_language"] == ("en", "../../index.html")


def test_a_message_without_a_translation_fails_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each message with words that the catalogue lacks is a warning; code alone and figures need none."""
    monkeypatch.setattr(page, "LANGUAGE", "en")
    monkeypatch.setattr(page, "messages", {"index": {"Home": "首页"}}.__getitem__)
    text = "Home\n====\n\nA new sentence.\n\n``code`` 1e-6\n"

    _html, warnings = small_site.build(
        tmp_path, {"index": text}, lambda app: app.add_transform(page.Translatable)
    )
    assert warnings.count("nox -s messages") == 1
    assert "A new sentence." in warnings
