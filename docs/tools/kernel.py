"""Assembles the attacker's WebAssembly kernel: ``kernel.wat`` in ``ancra/web/attacker`` to ``kernel.json``."""

import base64
import json
from pathlib import Path

from wasmtime import wat2wasm

TEXT = Path(__file__).parents[2] / "ancra" / "web" / "attacker" / "kernel.wat"


def assembled() -> str:
    """The JSON file that the browser imports."""
    content = base64.b64encode(bytes(wat2wasm(TEXT.read_text(encoding="utf-8")))).decode()
    return json.dumps({"wasm": content}) + "\n"


if __name__ == "__main__":
    TEXT.with_suffix(".json").write_text(assembled(), encoding="utf-8")
