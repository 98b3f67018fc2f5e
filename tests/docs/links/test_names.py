"""Names in prose exist: what a text writes as code, the files that it names, and its commands.

A literal's names stand in the code of a file with the text's name, in what its page shows, or on the first rung, or
they are Python's, NumPy's, PyTorch's or a page's. A dotted name of a package leads to something, unless the page's
blocks or rows run it: an old name needs one that shows what became of it.
"""

from __future__ import annotations

import ast
import inspect
import keyword
import pydoc
import re
import sys
from collections import defaultdict
from contextlib import suppress
from fnmatch import fnmatch
from functools import cache
from typing import TYPE_CHECKING

import pytest
from torch.distributed import run as torchrun

from tests.pages.expectations import EXPECTED, SCRIPTS
from twolayer import __main__ as command_line
from twolayer import checks
from twolayer.exercises import registry
from twolayer.rungs import RUNGS
from twolayer_docs.links.literals import find_pages
from twolayer_docs.links.names import spell_out
from twolayer_docs.paths import DOCS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROSE = ("*.md", "docs/*.md", "docs/r*/**/*.md", "gallery/**/*.rst", "twolayer/**/*.py")
TEXTS = [*SCRIPTS, *sorted(path for pattern in PROSE for path in ROOT.glob(pattern))]
SITE = [*(DOCS / "twolayer_docs").rglob("*.py")]
OTHERS = {
    "CUDA_LAUNCH_BLOCKING|MASTER_PORT|USE_LIBUV|nvidia-smi|fonts-lmodern": "the system's",
    "Net|torchvision|_orig_mod": "of programs that a page only talks about",
    r"grad_a|cuda\.py": "a pattern for names, and a name to avoid",
}
OPTIONS = {option for one in torchrun.get_args_parser()._actions for option in one.option_strings}
for _one in ("twolayer/__main__.py", "noxfile.py", "conftest.py", "docs/twolayer_docs/build.py"):
    OPTIONS |= {*re.findall(r'"(--[\w-]+)', (ROOT / _one).read_text("utf-8"))}
SESSIONS = re.findall(r"def ([a-z]\w*)\(session: ", (ROOT / "noxfile.py").read_text("utf-8"))
MODULES = """builtins numpy numpy.random numpy.linalg torch torch.nn torch.nn.functional torch.nn.init
    torch.nn.parallel torch.optim torch.autograd torch.func torch.linalg torch.cuda
    torch.utils.data"""
CLASSES = """str dict numpy.ndarray numpy.random.Generator torch.Tensor torch.Generator torch.nn.Module
    torch.optim.Optimizer torch.optim.lr_scheduler.LRScheduler torch.autograd.Function
    torch.autograd.function.FunctionCtx torch.autograd.graph.Node torch.fx.Graph"""
ENDINGS = "py|ipynb|md|rst|toml|ya?ml|json|txt|svg|png|css|js|html|xml|zip|epub"
FILE = rf"(?=.*[a-z])(?!-|\d|\.venv|.*\.whl)[\w./<>*-]*(?:/[\w./<>*-]*|\w\.(?:{ENDINGS}))"
FENCE = re.compile(r"(?ms)^( *)(`{3,})(?!\{glossary)[^\n]*\n.*?^ *\2 *$")
ROLE = re.compile(r"(?:\{[\w:-]+\}|:[\w:]+:)`[^`]*`")
LITERAL = re.compile(r"(?s)(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)")
# A command in a block, unless a test compares its error.
COMMAND = re.compile(r"(?m)^\$ (.*)$(?!\ntwolayer: )")
SENTENCE = re.compile(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b")
NAME = re.compile(r"\b[A-Za-z]\w*(?:\.[A-Za-z]\w+)+\b|\b[a-z]+_\w*|\b\w+\(\)")


def of_python(text: str) -> tuple[str, str]:
    """A module's prose, which is its docstrings, comments and sentences, and the words of its code."""
    prose, words = re.findall(r"(?m)(?:^|  )# ?(.*)$", text), []
    for node in ast.walk(ast.parse(text)):
        for field in ("id", "attr", "arg", "name", "value"):
            value = getattr(node, field, "")
            if isinstance(value, str) and ("``" in value or SENTENCE.search(value)):
                plain = "\n" not in value and "`" not in value  # a hint or a verdict
                prose.append(NAME.sub(r"`\g<0>`", value) if plain else value)
                words += re.findall(r">>> .*(?:\n.*\S)*", value)  # doctests are code
            elif isinstance(value, str):
                words.append(value)
    return re.sub(r"\{\w+\}", "", "\n\n".join(prose)), "\n".join(words)


@cache
def parts(path: Path) -> tuple[list[str], str]:
    """What a text's prose writes as code, with its commands; and its own code."""
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        prose, code = of_python(text)
    else:
        code = "\n".join(block[0] for block in FENCE.finditer(text))
        prose = ROLE.sub("", FENCE.sub("", text))
        if path.stem in {"cheat_sheet", "then_and_now"}:  # rows run, save first cells and notes
            rows = re.sub(r" \N{EN DASH} [^|]*", "", prose)
            code += "".join(re.findall(r"(?m)^\|[^|]*(\|.*)$", rows))
            prose = re.sub(r"(?m)(?<=.)\|(?! \N{EN DASH})[^|\N{EN DASH}\n]*", "", prose)
    literals = [" ".join(match[2].split()) for match in LITERAL.finditer(prose)]
    return literals + [one for line in COMMAND.findall(text) for one in line.split(" && ")], code


@cache
def files() -> set[str]:
    """The repository's files and folders, and what the build makes."""
    folders = ("*", ".ci/*", ".github/**/*", "docs/*", "docs/_[!b]*/**/*", "docs/[ilrt]*/**/*")
    patterns = (*folders, "gallery/**/*", "tests/**/*", "twolayer/**/*")
    found = {path.relative_to(ROOT).as_posix() for one in patterns for path in ROOT.glob(one)}
    site = "\n".join(path.read_text("utf-8") for path in SITE)
    found |= {
        *re.findall(rf'"([\w-]+\.(?:{ENDINGS}))"', site),
        "_site",
        "_site/index.html",
        "_site/zh",
        "zh",
    }
    return found | {f"{page.stem}.html" for page in DOCS.glob("*.md")}


@cache
def names() -> dict[str, set[str]]:
    """The words of the code and output of all files of a name, and of ``all`` files; and other names."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in [*TEXTS, *SITE, ROOT / "noxfile.py", *EXPECTED.rglob("*.txt")]:
        text = path.read_text("utf-8") if path.suffix == ".txt" else parts(path)[1]
        found[path.stem] |= {*re.findall(r"\w+", text)}
    found["all"] = {*re.findall(r"\w+", "\n".join(files()))}.union(*found.values())
    spaces = [pydoc.locate(one) for one in CLASSES.split()]
    found["attributes"] = {"bias", "param_groups", "state", "weight"}.union(*map(dir, spaces))
    known = {*keyword.kwlist, *sys.stdlib_module_names, *ENDINGS.split("|")}
    known |= find_pages({one.partition(".")[0].removeprefix("docs/") for one in files()}).keys()
    for space in [*spaces, *map(pydoc.locate, MODULES.split())]:
        for name in dir(space):
            value = inspect.getattr_static(space, name, None)
            function = vars(value).get("__init__") if inspect.isclass(value) else value
            known |= {name, *(parameters(function) if inspect.isfunction(function) else ())}
    return found | {"known": known}


def parameters(function: object) -> set[str]:
    """The parameters of a function, as its signature or else its docstring tells."""
    with suppress(TypeError, ValueError):
        found = inspect.signature(function).parameters  # type: ignore[arg-type]
        if not any(one.kind is one.VAR_KEYWORD for one in found.values()):
            return {*found}
    return {*re.findall(r"(\w+)(?=[=,)]| \()", str(function.__doc__)[:999])}


def unknown_names(literal: str, code: str, known: set[str], attributes: set[str]) -> list[str]:
    """The names in some Python that lead nowhere; of what isn't Python, none."""
    tree = ast.Module([], [])
    for source in (literal.strip(" :") + ":\n pass", literal.strip(" .=:")):
        with suppress(SyntaxError):
            tree = ast.parse(source.replace("…", "..."))
    missing = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and len(node.id) > 2 and node.id not in known:
            missing.append(node.id)
        elif isinstance(node, ast.Attribute | ast.Call):
            name = ast.unparse(node.func if isinstance(node, ast.Call) else node)
            full = spell_out(name) or name
            there = pydoc.locate(full) if full.partition(".")[0] in sys.modules else None
            if isinstance(node, ast.Call):
                takes = known if there is None else parameters(there)
                missing += [one.arg for one in node.keywords if one.arg and one.arg not in takes]
            elif full.startswith(("torch.", "numpy.", "twolayer.")):
                runs = re.search(rf"\b{name}\b", code)
                missing += [] if there is not None or runs else [name]
            elif there is None and node.attr not in attributes:
                missing.append(name)
    return missing


def refused(arguments: list[str]) -> list[str]:
    """What the command line says against some words; a command alone may lack what comes after it."""
    named = len(arguments) == 1 and not arguments[0].startswith("-")
    with suppress(SystemExit):  # after --help
        try:
            options = command_line._parser().parse_args([*arguments, *["--help"][:named]])
            checks.one_of("rung", getattr(options, "rung", "RUNG"), [*RUNGS, "RUNG"])
            if (id_ := getattr(options, "id", "ID")) != "ID":
                registry.find(id_)
        except ValueError as error:
            return [str(error)]
    return []


def unknown(literal: str, code: str, known: set[str], attributes: set[str]) -> list[str]:
    """What a literal names that isn't there: files, what its command doesn't take, or names."""
    if re.search(rf"\b(?:{'|'.join(OTHERS)})\b", literal):
        return []
    words = re.sub(r"--output \S+", "", literal).split()
    paths = {word for word in words if re.fullmatch(FILE, word)} - known
    missing = []
    for path in paths:
        end = re.sub(r"<\w+>", "*", path).removeprefix("./").rstrip("/").replace(".ipynb", ".py")
        missing += [] if any(fnmatch(f"/{one}", f"*/{end}") for one in files()) else [path]
    command = re.match(
        r"(?:\S*/)?(?:python -m twolayer(?!\S)|nox -s|torchrun|--\w)|\w+ --", literal
    )
    if command and "twolayer" in command[0]:
        missing += refused(literal[command.end() :].split())
    elif command:
        missing += [one for one in words if re.match(r"--\w", one) and one not in OPTIONS]
        named = literal.partition("nox -s")[2].partition(" -")[0].split()
        missing += [one for one in named if one not in SESSIONS]
    elif not paths:
        missing += unknown_names(literal, code, known, attributes)
    return missing


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_names_in_prose_exist(path: Path) -> None:
    """Each name, file, option and command that prose writes as code exists, also in hints and verdicts."""
    literals, code = parts(path)
    local = path.parent == DOCS or "gallery" in path.parts or path.parent.name == "lessons"
    own = names()[path.stem] | names()["numpy_by_hand"] if local else names()["all"]
    known, attributes = own | names()["known"], own | names()["attributes"]
    found = {literal: unknown(literal, code, known, attributes) for literal in literals}
    assert {literal: missing for literal, missing in found.items() if missing} == {}
