"""Run a notebook in the kernel ``alone`` and print it, executed, as JSON.

Usage: ``python run_notebook.py NOTEBOOK``, in the folder that the notebook is to run in.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nbclient
import nbformat


def main(name: str) -> None:
    """Run a notebook and print it.

    Args:
        name: The notebook's path.
    """
    content = Path(name).read_text(encoding="utf-8")
    notebook = nbformat.reads(content, as_version=4)  # type: ignore[no-untyped-call]
    nbclient.NotebookClient(notebook, timeout=1200, kernel_name="alone").execute()
    json.dump(notebook, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
