"""The style that a page's first bytes bring along."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.first_paint import STYLE, FirstPaint

PAGE = "<html><head><title>x</title></head><body>" + 1000 * "long " + "</body></html>"
APP = Starlette(
    routes=[
        Route("/", lambda _: HTMLResponse(PAGE)),
        Route("/gone", lambda _: HTMLResponse(PAGE, 404)),
        Route("/data", lambda _: PlainTextResponse(PAGE)),
    ],
    middleware=[Middleware(FirstPaint), Middleware(GZipMiddleware)],
)


def asked(path: str, accept: str = "text/html,*/*"):
    return TestClient(APP).get(path, headers={"Accept": accept, "Accept-Encoding": "gzip"})


def test_a_page_has_the_style_at_the_end_of_its_head():
    answer = asked("/")
    assert answer.text == PAGE.replace("</head>", STYLE.decode() + "</head>")
    assert int(answer.headers["Content-Length"]) == len(answer.content)


def test_all_else_passes_as_it_is():
    assert asked("/gone").text == asked("/data").text == PAGE
    other = asked("/", accept="*/*")
    assert (other.text, other.headers["Content-Encoding"]) == (PAGE, "gzip")


def test_a_question_for_the_head_alone_has_no_body():
    answer = TestClient(APP).head("/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.content) == (200, b"")
