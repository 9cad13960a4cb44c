"""Fetching a published archive, once."""

import hashlib
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

from ancra.errors import AncraError
from ancra.files import replace_file
from ancra.progress import OnProgress

TIMEOUT = 20
"""Seconds without an answer after which a download is given up."""


def fetch(url: str, path: Path, md5: str, on_progress: OnProgress | None = None) -> None:
    """Download ``url`` to ``path`` (whole and with the right checksum, or not at all).

    Args:
        url: address of the archive.
        path: where it goes; its folder is made.
        md5: the checksum that its publishers give.
        on_progress: called with (bytes done, bytes in all).

    Raises:
        AncraError: no network, another file than expected, no room; it says where to put the archive by hand.
    """
    by_hand = f"download {url} on a machine with a network and put it at {path}"

    def write(file: BinaryIO) -> None:
        checksum = hashlib.md5(usedforsecurity=False)
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            total = int(answer.headers.get("Content-Length") or 0)
            while piece := answer.read(2**20):
                file.write(piece)
                checksum.update(piece)
                if on_progress:
                    on_progress(file.tell(), max(total, file.tell()))
        if checksum.hexdigest() != md5:
            raise AncraError(f"{url} gave another file than the published one: {by_hand}.")

    try:
        replace_file(path, write)
    except (OSError, HTTPException) as error:  # URLError and time-outs are OSErrors
        reason = getattr(error, "reason", None) or error
        raise AncraError(f"{path.name} is not there and cannot be downloaded ({reason}): {by_hand}.") from None
