"""One script out of many: ES modules that import one another, joined for Streamlit and for files without a server."""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
_IMPORT = re.compile(r'^import (\w+|\{[^}]*\}) from "(\.{1,2}/[^"]+)"(?: with \{ type: "json" \})?;?\n', re.M)
_EXPORTED = re.compile(r"^export (?:async )?(?:function\*?|const|class) (\w+)", re.M)
_SIZE = re.compile(r"(\bfont(?:-size)?:[^;{}]*?)([\d.]+px)")
_EXPORT = re.compile(r"^export (?!default)", re.M)


@cache
def script(name: str, entry: str | None = None) -> str:
    """The widget ``name/name.js`` and all that it imports as one ES module, each part in a scope of its own.

    ``entry`` names another file of its folder: ``script("attacker", "worker")`` is the text of the attacker's worker.
    Modules are written so that a browser could load them one by one, too: relative imports of names
    (``import { h } from "../shared/dom.js"``) or of a JSON file's content.
    """
    parts: dict[Path, str] = {}
    body = _linked(FOLDER / name / f"{entry or name}.js", parts)
    return "".join(parts.values()) + _EXPORT.sub("", body)


@cache
def style(name: str) -> str:
    """The style sheet of a widget; no type in it is smaller than ``--least-type``, which a page may set."""
    return _SIZE.sub(r"\1max(var(--least-type, 0px), \2)", (FOLDER / name / f"{name}.css").read_text(encoding="utf-8"))


def _linked(path: Path, parts: dict[Path, str]) -> str:
    """A module's text with its imports bound to parts; those that are new are added to ``parts``, in order of need."""

    def bind(found: re.Match[str]) -> str:
        what, other = found[1], (path.parent / found[2]).resolve()
        if other not in parts:
            parts[other] = _part(other, parts)
        return f"const {what.replace(' as ', ': ')} = {_variable(other)}\n"

    return _IMPORT.sub(bind, path.read_text(encoding="utf-8"))


def _part(path: Path, parts: dict[Path, str]) -> str:
    if path.suffix == ".json":
        return f"const {_variable(path)} = {path.read_text(encoding='utf-8').strip()}\n"
    body = _linked(path, parts)
    names = ", ".join(_EXPORTED.findall(body))
    return f"const {_variable(path)} = (() => {{\n{_EXPORT.sub('', body)}return {{ {names} }}\n}})()\n"


def _variable(path: Path) -> str:
    return "$" + re.sub(r"\W", "_", path.relative_to(FOLDER.resolve()).as_posix())
