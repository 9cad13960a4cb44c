"""A server of the app on tiny models, and a real Chromium that notices every request and error."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Error

from benchmarks.serving import APP, served

BUSY = ", ".join(
    (
        "[data-testid=stStatusWidget]",
        "[data-stale=true]",
        "[data-test-script-state]:not([data-test-script-state=notRunning])",
    )
)

# A widget that is seen and whose script has drawn nothing so far.
HOLLOW = """[...document.querySelectorAll("[data-testid=stBidiComponentIsolated] *")].some((each) =>
  each.shadowRoot?.querySelector("div > div > :not(.waiting, .menu)")?.childElementCount === 0)"""

# What a page says that looks for maps again and again until they are made.
MAKING = """[...document.querySelectorAll("[data-testid=stCaptionContainer]")].some((each) =>
  each.textContent.includes("are being made ready"))"""

# A page says that the server computes: the first network and the first map of a process load and compile libraries.
COMPUTING = f"(document.querySelector('.ancra-asked') !== null || {MAKING})"
LONGEST = 180_000  # Milliseconds that a test's pages may compute.

# How often the server was asked since it last said anything: under load it says nothing for seconds.
COUNTED = """
window.unanswered = 0
const { send } = WebSocket.prototype
const sockets = new WeakSet()
WebSocket.prototype.send = function (...sent) {
  window.unanswered += 1
  if (!sockets.has(this)) this.addEventListener("message", () => { window.unanswered = 0 })
  sockets.add(this)
  return send.apply(this, sent)
}"""


@pytest.fixture(scope="session")
def workspace_with_models(tmp_path_factory, save_untrained) -> Path:
    """A workspace with two untrained digits models, so that no test depends on shipped ones."""
    return with_models(tmp_path_factory.mktemp("browser"), save_untrained)


def with_models(folder: Path, save_untrained) -> Path:
    """The folder, with the two models in it."""
    save_untrained(folder / "uploads", "tiny-ra", "Tiny with attention", 2)
    save_untrained(folder / "uploads", "tiny-plain", "Tiny plain", 0)
    return folder


@pytest.fixture(scope="session")
def server(workspace_with_models):
    """The address of a running app."""
    with app_on(workspace_with_models) as address:
        yield address


@pytest.fixture(scope="module")
def own_server(tmp_path_factory, save_untrained):
    """The address of an app on a workspace in which no other file of tests leaves a run."""
    with app_on(with_models(tmp_path_factory.mktemp("own"), save_untrained)) as address:
        yield address


@pytest.fixture(scope="module")
def public_server(workspace_with_models):
    """The address of an app for strangers."""
    with app_on(workspace_with_models, "--public", "localhost") as address:
        yield address


@contextmanager
def app_on(home: Path, *options: str) -> Iterator[str]:
    """The address of an app that computes in its own process, on a workspace; what it prints lies there."""
    quiet = {"OMP_WAIT_POLICY": "PASSIVE", "ANCRA_WORKERS": "0"}
    with (home / "server.log").open("ab") as log, served(home, (*APP, *options), log, **quiet) as server:
        yield server.address


@pytest.fixture
def open_browser(browser, server):
    """Opens a path of the app in a window; afterwards no request may have left the server and no traceback be shown."""
    windows = []

    def opened(path: str = "", width: int = 1440, scheme: str = "light", motion: str = "no-preference"):
        window = {"width": width, "height": 900}
        context = browser.new_context(viewport=window, color_scheme=scheme, reduced_motion=motion)
        context.add_init_script(COUNTED)
        page = context.new_page()
        strangers: list[str] = []
        page.on("request", lambda request: strangers.append(request.url) if is_strange(request.url, server) else None)
        windows.append((context, page, strangers))
        page.goto(f"{server}/{path}{'&' if '?' in path else '?'}images=Digits")
        page.wait_for_selector("h1", timeout=60_000)
        settle(page)
        return page

    yield opened
    for context, page, strangers in windows:
        text = page.inner_text("body")
        context.close()
        assert not strangers, f"requests to other servers: {strangers}"
        assert "Traceback" not in text
        assert "did not foresee" not in text


@pytest.fixture
def deaf(browser, server):
    """Opens a page that hears nothing of its server from then on, until it is let go; gives both, and what is held."""
    pages = []

    def opened(path: str):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        pages.append(page)
        held, holding = [], []

        def connect(socket):
            there = socket.connect_to_server()
            there.on_message(lambda message: held.append((socket, message)) if holding else socket.send(message))

        def let_go():
            holding.clear()
            for page_socket, message in held:
                page_socket.send(message)

        page.route_web_socket("**/_stcore/stream**", connect)
        page.goto(f"{server}/{path}{'&' if '?' in path else '?'}images=Digits")
        page.wait_for_selector("h1", timeout=60_000)
        settle(page)
        holding.append(True)
        return page, let_go, held

    yield opened
    for page in pages:
        page.close()


@pytest.fixture
def settled():
    """A function that waits until the app has stopped running."""
    return settle


@pytest.fixture(scope="session")
def choose():
    """Chooses an option of a menu, as a person does: brings it into view first, because one that is scrolled closes."""

    def chosen(page, menu: str, name: str) -> None:
        field = page.locator(f"{menu} input")
        field.evaluate("element => element.scrollIntoView({ block: 'center' })")
        settle(page)
        field.click()
        page.get_by_role("option", name=name, exact=True).click()

    return chosen


@pytest.fixture
def held():
    """A function that waits until something stays true: see `hold`."""
    return hold


@pytest.fixture(scope="session")
def widget():
    """Evaluates an expression of ``map`` (a map's interface for tests) and ``x`` (the argument) on a page."""

    def evaluate(page, expression, argument=None):
        return page.locator(".fm").evaluate(
            f"(element, x) => {{ const map = element.featureMap; return {expression}; }}", argument
        )

    return evaluate


@pytest.fixture(scope="session")
def draw_lasso():
    """Draws around the left half of a map's panel, with the mouse."""

    def draw(page, panel=0):
        box = page.locator(".fm-panel").nth(panel).bounding_box()
        x, y, w, h = box["x"], box["y"], box["width"], box["height"]
        page.mouse.move(x + 4, y + 4)
        page.mouse.down()
        for to in ((x + w / 2, y + 4), (x + w / 2, y + h - 4), (x + 4, y + h - 4), (x + 4, y + 8)):
            page.mouse.move(*to, steps=5)
        page.mouse.up()

    return draw


def is_strange(url: str, server: str) -> bool:
    """Whether a request goes anywhere but to the server itself."""
    own = (server, server.replace("http", "ws"), "data:", "blob:", "about:")
    return not url.startswith(own)


def settle(page, timeout: float = 60_000) -> None:
    """Until the app has stopped running, and has not begun again because of what was just done.

    A page that waits for maps looks for them every second, so it is not at rest until they are made.

    Raises:
        AssertionError: it runs on; with what says so.
    """
    resting = f"!window.unanswered && !document.querySelector('{BUSY}') && !{HOLLOW} && !{MAKING}"
    try:
        hold(page, resting, timeout=timeout, excused=COMPUTING)
    except Error as error:
        busy = f"[...document.querySelectorAll('{BUSY}')].map((one) => one.outerHTML.slice(0, 300))"
        state = page.evaluate(f"[window.unanswered, {HOLLOW}, {COMPUTING}, ...{busy}]")
        raise AssertionError(f"the page runs on: {state}"[:3000]) from error


def hold(target, condition: str, frames: int = 30, timeout: float = 60_000, excused: str = "false") -> None:
    """Until a condition in JavaScript was true in so many drawn frames one after another.

    Where a frame takes long, a sixth of them within three seconds are as good. While the page is ``excused``, another
    condition, its time is not counted, up to ``LONGEST``.
    The target is a page or a locator, whose element the condition calls ``element``. No policy against ``eval`` forbids
    it, because the condition is compiled once.
    """
    target.evaluate(
        f"""async element => {{
          let [held, since, last, left, spare] = [0, performance.now(), performance.now(), {timeout}, {LONGEST}];
          const enough = () => held >= {frames} || (held >= {frames} / 6 && performance.now() - since > 3000);
          while (!enough()) {{
            const passed = performance.now() - last;
            last += passed;
            if (spare > 0 && ({excused})) spare -= passed;
            else left -= passed;
            if (left < 0) throw new Error("Still not so: " + {condition!r});
            await new Promise(requestAnimationFrame);
            if ({condition}) held += 1;
            else [held, since] = [0, performance.now()];
          }}
        }}"""
    )
