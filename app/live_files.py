"""The route that hands networks to browsers, as files that a browser keeps."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ancra.errors import AncraError

# A file belongs to one set of weights for good, so whoever has it need not ask again.
FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}


async def live_file(request: Request) -> Response:
    """The network with the digest that the path names; 404 with a sentence where there is none."""
    from app.answers.live import file_of

    try:
        content = await run_in_threadpool(file_of, request.path_params["digest"])
    except AncraError as error:
        return PlainTextResponse(str(error), 404)
    return Response(content, media_type="application/octet-stream", headers=FOR_GOOD)
