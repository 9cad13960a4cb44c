#!/usr/bin/env bash
# Makes sure that a Chromium is there for the browser tests; says how to get one where it may not install it.
set -eu
for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name" >/dev/null; then exit 0; fi
done
for path in "/Applications/Google Chrome.app" "/Applications/Chromium.app"; do
    if [ -d "$path" ]; then exit 0; fi
done
sudo=""
if [ "$(id -u)" -ne 0 ]; then sudo="sudo -n"; fi
if command -v apt-get >/dev/null && $sudo true 2>/dev/null; then
    $sudo apt-get update -qq
    export DEBIAN_FRONTEND=noninteractive
    # Debian's build without windows draws the same pages for a fifth less of the processor.
    $sudo apt-get install -y -qq chromium chromium-headless-shell >/dev/null 2>&1 ||
        $sudo apt-get install -y -qq chromium >/dev/null
elif command -v brew >/dev/null; then
    brew install --quiet --cask chromium
else
    echo "The browser tests need Chromium: install it (apt-get install chromium) or set CHROMIUM to its path." >&2
    exit 1
fi
