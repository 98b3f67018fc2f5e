"""Gallery scripts run side by side, where more than one has to run and the machine has the cores.

sphinx-gallery can run the scripts of a folder in processes of their own. Starting those takes as long as a
short script, so they are started only where a folder has two scripts to run. What a process may not do is
outlive the build, or keep a warning to itself: :func:`guard`, which runs in each, sees to both. A script
that must run alone, since it measures time, says so in a line of its own::

    # sphinx_gallery_parallel = False
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.errors import ExtensionError
from sphinx_gallery.utils import get_md5sum  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sphinx.application import Sphinx

VARIABLE = "TWOLAYER_WORKERS"
"""The environment's variable that says how many scripts may run at once."""
_BEFORE_THE_GALLERY = 100
_AFTER_THE_GALLERY = 550
_LOOKS = 0.2  # seconds between two looks at whether the build is still there


class UnseenWarningError(RuntimeError):
    """A warning that Sphinx would not see, since a worker gave it."""


class Raise(logging.Handler):
    """Make each warning of Sphinx's an error that names it, which ends the build as the warning would."""

    def handle(self, record: logging.LogRecord) -> bool:
        """Raise.

        Args:
            record: The warning.

        Returns:
            Nothing; it never does.

        Raises:
            UnseenWarningError: Always.
        """
        raise UnseenWarningError(record.getMessage())


def allowed(environment: Mapping[str, str]) -> int:
    """Say how many scripts may run at once.

    Args:
        environment: The environment's variables.

    Returns:
        What the variable says, else the number of cores that this program may use.

    Raises:
        ExtensionError: If the variable is no number above 0.

    Examples:
        >>> allowed({"TWOLAYER_WORKERS": "3"})
        3
    """
    value = environment.get(VARIABLE, "").strip()
    if not value:
        try:
            return len(os.sched_getaffinity(0))
        except AttributeError:  # not on this system
            return os.cpu_count() or 1
    if not value.isdecimal() or int(value) == 0:
        message = f"{VARIABLE}: {value!r} given; want a whole number above 0"
        raise ExtensionError(message)
    return int(value)


def stale(scripts: Path, pages: Path) -> int:
    """Count the scripts of a folder that have to run.

    Args:
        scripts: The folder.
        pages: The folder of what sphinx-gallery made of them.

    Returns:
        How many have changed since they ran, or never did.
    """
    notes = {script: pages / f"{script.name}.md5" for script in scripts.glob("*.py")}
    return sum(
        not note.is_file() or note.read_text("utf-8") != get_md5sum(script, mode="t")
        for script, note in notes.items()
    )


def workers(counts: list[int], most: int) -> int:
    """Say how many processes to start.

    Args:
        counts: How many scripts have to run, for each folder; folders come one after the other.
        most: How many may run at once.

    Returns:
        At most as many as there are scripts to run in one folder; 1 stands for none beside Sphinx's own.

    Examples:
        >>> workers([9, 2, 4], 4), workers([3], 16), workers([1, 1, 0], 4)
        (4, 3, 1)
    """
    return min(max([*counts, 1]), most)


def guard() -> None:
    """In a worker, once: end when the build does, and hand warnings on as errors."""
    if multiprocessing.current_process().name == "MainProcess" or _GUARDED:
        return
    _GUARDED.append(os.getppid())
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()
    logging.getLogger("sphinx").addHandler(Raise(logging.WARNING))


_GUARDED: list[int] = []


def _watch(parent: int) -> None:
    """End this process when another than its parent has become its parent, since that one is gone."""
    while os.getppid() == parent:
        time.sleep(_LOOKS)
    os._exit(1)


def start(app: Sphinx) -> None:
    """Let sphinx-gallery start workers, if there is enough for them to do.

    The number is set here and not in ``conf.py``, so that it makes no difference to Sphinx, which would
    write all pages anew for a changed setting.
    """
    conf: dict[str, Any] = app.config.sphinx_gallery_conf
    folders = zip(conf["examples_dirs"], conf["gallery_dirs"], strict=True)
    docs = Path(app.srcdir)
    counts = [stale(docs / scripts, docs / pages) for scripts, pages in folders]
    number = workers(counts, allowed(os.environ))
    conf["parallel"] = number if number > 1 and conf["plot_gallery"] else False


def stop(app: Sphinx) -> None:
    """End the workers, which would wait for more."""
    if app.config.sphinx_gallery_conf["parallel"]:
        from joblib.externals import loky  # type: ignore[import-untyped]  # noqa: PLC0415

        loky.get_reusable_executor().shutdown(wait=True)
        app.config.sphinx_gallery_conf["parallel"] = False
