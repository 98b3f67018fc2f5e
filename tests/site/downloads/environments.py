"""Run a downloaded file alone: from an empty folder, with nothing but what its header names.

pipx makes one environment for each set of requirements that a header names, and keeps it for two weeks. With
pip, since uv looks neither at pip's constraints nor at its find-links, and would fetch several GB of torch.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.site.offers import built_site
from twolayer_docs.course import read_header, script_header
from twolayer_docs.forms import wheel
from twolayer_docs.gallery.run import kernel_settings
from twolayer_docs.paths import ROOT

CONSTRAINTS = ROOT / "constraints.txt"
ENVIRONMENTS = ROOT / ".nox" / "downloads"
NOTEBOOK_RUNNER = Path(__file__).with_name("run_notebook.py")
# Seconds, against hanging.
TIMEOUT = 1200
PACKAGE = "twolayer"
# A download that asks for the network ends here, even where it catches every exception.
GUARD = '''\
"""End a process that asks another machine for anything."""

import os
import sys

_HERE = {None, "", "localhost", "127.0.0.1", "::1"}
_ASKING = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0, "socket.connect": 1, "socket.sendto": 1}


def _guard(event, arguments):
    if event in _ASKING:
        asked = arguments[_ASKING[event]]
        host = asked[0] if isinstance(asked, tuple) else asked
        if host not in _HERE and not (event == "socket.connect" and isinstance(asked, str)):
            print(f"a download asked {host!r} for something", file=sys.stderr, flush=True)
            os._exit(97)


sys.addaudithook(_guard)
'''
_CLEAN = ("PYTHON", "PIPX_", "VIRTUAL_ENV", "JUPYTER", "IPYTHON", "MPL", "DISPLAY")
_DISTRIBUTIONS = """\
import json
from importlib.metadata import distributions

print(json.dumps({d.metadata["Name"]: d.requires or [] for d in distributions()}))
"""


class Environment(NamedTuple):
    """An environment that holds what a header names."""

    python: Path
    """Its interpreter."""
    requirements: tuple[str, ...]
    """What the header names."""

    def strangers(self) -> set[str]:
        """List what is installed and neither named by the header nor needed by what is.

        Returns:
            The distributions' names; pip, which comes with each environment, is no stranger.
        """
        done = subprocess.run(
            [self.python, "-c", _DISTRIBUTIONS],
            env=_clean_environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        installed: dict[str, list[str]] = {
            canonicalize_name(name): needs for name, needs in json.loads(done.stdout).items()
        }
        waiting = [Requirement(text) for text in self.requirements]
        needed = {"pip"}
        while waiting:
            requirement = waiting.pop()
            name: str = canonicalize_name(requirement.name)
            if name not in needed and name in installed:
                needed.add(name)
                found = [Requirement(text) for text in installed[name]]
                waiting += [r for r in found if not r.marker or r.marker.evaluate({"extra": ""})]
        return set(installed) - needed


class Workplace:
    """The environments that downloads run in, and what they share."""

    def __init__(self, folder: Path = ENVIRONMENTS) -> None:
        """Name the folder of the environments, and throw away those of other constraints.

        Args:
            folder: Where they are kept from run to run.
        """
        inputs = CONSTRAINTS.read_bytes() + sys.version.encode()
        self.folder = folder / hashlib.sha256(inputs).hexdigest()[:12]
        for other in folder.glob("*"):
            if other != self.folder:
                shutil.rmtree(other, ignore_errors=True)  # another process may do so too
        self._wheel = built_site() / wheel.name()
        guard = self.folder / "guard"
        guard.mkdir(parents=True, exist_ok=True)
        (guard / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
        self._environments: dict[str, Environment] = {}

    def environment(self, header: str) -> Environment:
        """Find the environment for a header, or let pipx make it."""
        if header not in self._environments:
            probe = self.folder / f"probe_{hashlib.sha256(header.encode()).hexdigest()[:12]}.py"
            probe.write_text(f"{header}import sys\nprint(sys.executable)\n", encoding="utf-8")
            done = subprocess.run(
                [*_PIPX_RUN, probe.name],
                cwd=self.folder,
                env=self._surroundings(),
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            requirements = tuple(read_header(header)["dependencies"])
            if any(name.startswith(f"{PACKAGE} @ ") for name in requirements):
                self._install_package(done.stdout.strip())
            self._environments[header] = Environment(Path(done.stdout.strip()), requirements)
        return self._environments[header]

    def _install_package(self, python: str) -> None:
        """Put the site's wheel in place of the one that the environment was made with."""
        command = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall"]
        subprocess.run([*command, str(self._wheel)], env=_clean_environment(), check=True)

    def run_script(self, script: Path) -> subprocess.CompletedProcess[str]:
        """Run a script, which stands in a folder of its own, in the environment that pipx made of its header."""
        # Not by pipx, which takes the guard out of the search path.
        header = script_header(script.read_text(encoding="utf-8"))
        return subprocess.run(
            [str(self.environment(header).python), "-W", "error", script.name],
            cwd=script.parent,
            env={**self._surroundings(), "PYTHONPATH": str(self.folder / "guard")},
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )

    def run_notebook(self, notebook: Path, header: str) -> tuple[str, str]:
        """Run a notebook in a kernel that has a header's environment, and ipykernel besides.

        ipykernel and what it needs stand in a folder of their own at the end of the kernel's search path.

        Args:
            notebook: A notebook in a folder of its own.
            header: The header of the script that it was made from.

        Returns:
            The executed notebook as JSON, empty where it failed, and what the process wrote to its error stream.
        """
        settings = kernel_settings(self.folder / "ipython")
        settings["PYTHONPATH"] = str(self.folder / "guard")
        del settings["MPLBACKEND"]
        kernel = (
            "import site; "
            f"site.addsitedir({str(self._kernel())!r}); "
            "from ipykernel import kernelapp; "
            "kernelapp.launch_new_instance()"
        )
        python = str(self.environment(header).python)
        spec = {
            "argv": [python, "-c", kernel, "-f", "{connection_file}"],
            "display_name": "alone",
            "language": "python",
            "env": settings,
        }
        place = self.folder / "jupyter" / "kernels" / "alone" / "kernel.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(spec), encoding="utf-8")
        surroundings = {**self._surroundings(), "JUPYTER_PATH": str(self.folder / "jupyter")}
        del surroundings["MPLBACKEND"]
        done = subprocess.run(
            [sys.executable, str(NOTEBOOK_RUNNER), notebook.name],
            cwd=notebook.parent,
            env=surroundings,
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * TIMEOUT,
        )
        return done.stdout, done.stderr

    def _kernel(self) -> Path:
        """Install ipykernel into a folder of its own."""
        folder = self.folder / "ipykernel"
        with FileLock(self.folder / "ipykernel.lock"):
            if not folder.exists():
                unfinished = folder.with_suffix(".new")
                shutil.rmtree(unfinished, ignore_errors=True)
                command = [sys.executable, "-m", "pip", "install", "--quiet", "ipykernel"]
                command += ["--constraint", str(CONSTRAINTS), "--target", str(unfinished)]
                subprocess.run(command, check=True)
                unfinished.rename(folder)
        return folder

    def _surroundings(self) -> dict[str, str]:
        return {
            **_clean_environment(),
            "PIPX_HOME": str(self.folder / "pipx"),
            "PIPX_DEFAULT_BACKEND": "pip",
            "PIP_CONSTRAINT": str(CONSTRAINTS),
            "MPLBACKEND": "Agg",
            "MPLCONFIGDIR": str(self.folder / "matplotlib"),
            "CUDA_VISIBLE_DEVICES": "",
        }


_PIPX_RUN = [sys.executable, "-m", "pipx", "run", "--skip-maintenance"]


def _clean_environment() -> dict[str, str]:
    """The caller's environment, without what would reach into an interpreter."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_CLEAN)}
