"""One self-contained page: a widget with its data and its style in a file that needs no server."""

import html
import json
from typing import Any

_THEME = """
:root { --st-background-color: #ffffff; --st-secondary-background-color: #f3f4f6; --st-text-color: #131a2b;
  --st-border-color: #d4d7dc; --st-primary-color: #0072b2; --st-font: system-ui, sans-serif; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --st-background-color: #10141f; --st-secondary-background-color: #1b2233;
  --st-text-color: #eef1f8; --st-border-color: #2b3448; --st-primary-color: #4da8e0; } }
body { margin: 0 auto; padding: 16px; max-width: 1500px; background: var(--st-background-color);
  color: var(--st-text-color); font: 15px/1.5 var(--st-font); }
h1 { font-size: 22px; margin: 0 0 12px; }
.caption { font-size: 13.5px; opacity: .85; max-width: 80em; }
"""


def page(title: str, body: str, caption: str, data: Any, style: str, script: str) -> str:
    """The page as text.

    Args:
        body: HTML between the title and the caption, where the widget is built.
        caption: what one sees, in plain words.
        data: JSON-able; the script reads it as ``data``.
        style, script: of the widget; the script is a module's text, and what it ends with starts it.
    """
    # "</" would end the script element early, "<!--" swallow it; JSON reads "\\u003c" as the same.
    packed = json.dumps(data).replace("<", "\\u003c")
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title><style>{_THEME}{style}</style></head>
<body><h1>{html.escape(title)}</h1>{body}<p class="caption">{html.escape(caption)}</p>
<script type="application/json" id="data">{packed}</script>
<script type="module">
const data = JSON.parse(document.getElementById("data").textContent);
{script}
</script></body></html>
"""
