"""Fetching a published archive, once; what was interrupted goes on where it was."""

import hashlib
import os
import urllib.request
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError

from ancra.errors import AncraError
from ancra.progress import OnProgress

TIMEOUT = 20
"""Seconds without an answer after which a download is given up."""
PART = ".part"
"""What follows the name of an archive while it is being fetched."""
_PIECE = 2**20


def fetch(url: str, path: Path, md5: str, on_progress: OnProgress | None = None) -> None:
    """Download ``url`` to ``path``, which is whole and has the right checksum or is not there.

    What came before an interruption lies beside it (``.part``), and is gone on with where the server can.

    Args:
        url: address of the archive.
        path: where it goes; its folder is made.
        md5: the checksum that its publishers give.
        on_progress: called with (bytes done, bytes in all); what it raises ends the download.

    Raises:
        AncraError: no network, another file than expected, no room; it says where to put the archive by hand.
    """
    by_hand = f"download {url} on a machine with a network and put it at {path}"
    part = path.with_name(path.name + PART)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        checksum = _download(url, part, on_progress)
        if checksum != md5:
            part.unlink()
            raise AncraError(f"{url} gave another file than the published one: {by_hand}.")
        os.replace(part, path)
    except (OSError, HTTPException) as error:  # URLError and time-outs are OSErrors
        reason = getattr(error, "reason", None) or error
        raise AncraError(f"{path.name} is not there and cannot be downloaded ({reason}): {by_hand}.") from None


def _download(url: str, part: Path, on_progress: OnProgress | None) -> str:
    """Fetch what is missing of a file; returns its checksum."""
    have = part.stat().st_size if part.is_file() else 0
    with _answer(url, part, have) as answer:
        if answer.status != HTTPStatus.PARTIAL_CONTENT:
            have = 0  # a server that cannot go on sends the whole file
        total = have + int(answer.headers.get("Content-Length") or 0)
        with part.open("r+b" if have else "wb") as file:
            checksum = hashlib.md5(usedforsecurity=False)
            while file.tell() < have and (piece := file.read(min(_PIECE, have - file.tell()))):
                checksum.update(piece)
            while piece := answer.read(_PIECE):
                file.write(piece)
                checksum.update(piece)
                if on_progress:
                    on_progress(file.tell(), max(total, file.tell()))
            file.flush()
            os.fsync(file.fileno())
            if total and file.tell() < total:
                raise OSError("the connection ended early; try again, and it goes on from here")
    return checksum.hexdigest()


def _answer(url: str, part: Path, have: int) -> HTTPResponse:
    """The server's answer, from byte ``have`` on where it can. Raises OSError."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer: HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT)
    except HTTPError as error:
        if not have or error.code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        part.unlink()  # more than the server has: of another file
        return _answer(url, part, 0)
    return answer
