"""The site is built in a checkout whose path has spaces and letters from anywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from twolayer_docs.course import FOLDERS
from twolayer_docs.paths import BUILD, DOCS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

COPIED = (
    *("docs/conf.py", "docs/_drawings", "docs/_static", "docs/_templates", "docs/inventories"),
    *("docs/package.json", "docs/twolayer_docs", "docs/_build/node", "twolayer", "pyproject.toml"),
)
PAGES = {
    "docs/index.md": """\
# Home

```{toctree}
gallery/tensors/index
```

See [the drawing](gallery/tensors/creating.rst): $1 + 1$.
""",
    "docs/glossary.md": """\
---
orphan: true
---

# Glossary

```{glossary}
shape
  The sizes.
```
""",
    **{f"gallery/{folder}/index.rst": ":orphan:\n\nSmall\n=====\n" for folder in FOLDERS},
    "gallery/tensors/index.rst": "Small\n=====\n\n.. toctree::\n\n   creating\n",
    "gallery/tensors/creating.py": '''\
# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib>=3.10.8", "torch>=2.9"]
# ///
"""
Drawing
=======

A line.
"""

# %%
# A picture
# ---------

import matplotlib.pyplot as plt
import torch

ax = plt.figure().subplots()
ax.plot(torch.arange(3))
ax.set(title="A line", xlabel="x", ylabel="y")
plt.show()
print("ü", torch.arange(3))
''',
}
BUILD_SITE = """
from twolayer_docs import build
from twolayer_docs.forms import markdown
build.begin(fresh=True)
build.run_sphinx("html", build.HTML, ())
build.publish(build.HTML, build.SITE, markdown.write)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_site_is_built_in_any_folder(tmp_path: Path) -> None:
    """Pictures, downloads and links to code are there, for all to read, whatever the folder and the umask."""
    tree = tmp_path / "First Last" / "ü 张"
    if not (BUILD / "node").is_dir():
        pytest.skip("nothing from npm here; run `nox -s environment`")
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, tree / name)
    for name, text in PAGES.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, "utf-8")
    modules = os.pathsep.join((str(tree), str(tree / DOCS.name)))
    locale = {name: "" for name in os.environ if name.startswith("LC_")}

    done = subprocess.run(
        [sys.executable, "-c", BUILD_SITE],
        cwd=tree,
        env={**os.environ, **locale, "LANG": "C", "PYTHONPATH": modules},
        umask=0o077,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode == 0, done.stdout
    site = tree / "_site"
    page = site / "gallery" / "tensors" / "creating.html"
    html = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    # This test builds no Chinese pages.
    found = html.select("[src], a[href]:not(.other-language > a)")
    links = [str(element.get("src") or element["href"]) for element in found]
    places = [urlsplit(link).path for link in links if not link.startswith("https:")]
    files = [page.parent / unquote(place) for place in places if place]
    assert [file for file in files if not file.is_file()] == []
    assert {file.suffix for file in files} >= {".svg", ".py", ".ipynb", ".zip", ".js", ".html"}
    assert [link for link in links if link.endswith("torch.arange.html#torch.arange")]
    assert "ü tensor([0, 1, 2])" in html.get_text()
    assert {path.stat().st_mode & 0o777 for path in site.rglob("*") if path.is_file()} == {0o644}
