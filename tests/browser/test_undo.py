"""Undo, redo and the browser's Back and Forward walk the views of a page."""

from contextlib import suppress

import pytest
from playwright.sync_api import TimeoutError, expect

pytestmark = pytest.mark.browser


def chosen(page, key: str) -> str:
    return page.locator(f".st-key-{key} button[aria-checked=true]").inner_text().strip()


def choose(page, key: str, label: str, settled) -> None:
    page.locator(f".st-key-{key}").get_by_text(label, exact=True).click()
    settled(page)


@pytest.fixture
def maps(open_browser):
    page = open_browser("feature_maps?samples=200")
    page.wait_for_selector(".fm[data-ready]", timeout=60_000)
    return page


def test_back_and_forward_walk_the_views_of_a_page_and_undo_stays_on_it(maps, settled):
    page = maps
    undo, redo = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Redo")
    expect(undo).to_be_disabled()
    choose(page, "condition", "Adaptive PGD-10", settled)
    choose(page, "features", "z", settled)
    page.get_by_role("button", name="Both in one").click()
    page.wait_for_url("**view=together**")
    settled(page)
    page.go_back()
    page.wait_for_url(lambda address: "view=" not in address)
    settled(page)
    expect(page.get_by_role("button", name="Above and below")).to_have_attribute("aria-pressed", "true")
    undo.click()
    page.wait_for_url(lambda address: "features=" not in address)
    settled(page)
    assert (chosen(page, "condition"), chosen(page, "features")) == ("Adaptive PGD-10", "z′")
    page.reload()
    page.wait_for_selector(".fm[data-ready]", timeout=60_000)
    settled(page)
    page.keyboard.press("Control+z")
    page.wait_for_url(lambda address: "condition=" not in address)
    settled(page)
    assert chosen(page, "condition") == "PGD-10 on p′"
    expect(undo).to_be_disabled()
    for key, parameter in (("Control+Shift+z", "condition="), ("Control+y", "features="), ("Control+y", "view=")):
        page.keyboard.press(key)
        page.wait_for_url(f"**{parameter}**")
        settled(page)
    expect(page.get_by_role("button", name="Both in one")).to_have_attribute("aria-pressed", "true")
    expect(redo).to_be_disabled()


def test_keys_do_nothing_in_a_text_field_and_one_press_is_one_view(open_browser, settled):
    page = open_browser("negatives?model=Tiny+with+attention+%C2%B7+tiny-ra")
    page.locator(".mechanism .board").wait_for(timeout=60_000)
    settled(page)
    page.get_by_role("button", name="Next anchor").click()
    page.wait_for_url("**anchor=**")
    settled(page)
    address = page.url
    field = page.locator(".st-key-batch input")
    field.focus()
    page.keyboard.press("Control+z")
    settled(page)
    assert page.url == address
    page.locator(".mechanism").focus()
    page.keyboard.press("Control+z")
    page.wait_for_url(lambda now: "anchor=" not in now)
    settled(page)
    expect(page.locator(".mechanism output").first).to_have_text("Anchor 1 of 128")


def test_leaving_a_page_begins_its_views_anew(open_browser, settled):
    page = open_browser("attack")
    page.wait_for_selector(".replay .model", timeout=60_000)
    settled(page)
    page.get_by_role("link", name="Robustness").first.click()
    page.wait_for_url("**/robustness**")
    settled(page)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.go_back()
    page.wait_for_url("**/attack**")
    page.wait_for_selector(".replay .model", timeout=60_000)


VIEW = """() => {
  const parts = [document.querySelector(".st-key-sentence")?.innerText ?? ""]
  const look = (root) => {
    for (const each of root.querySelectorAll("*")) {
      if (each.shadowRoot) look(each.shadowRoot)
      if (each.ariaLabel === "The image") parts.push(each.toDataURL())
      if (!each.matches("[aria-pressed], [aria-checked], [aria-selected], input, select, details")) continue
      const name = each.ariaLabel ?? (each.querySelector("summary") ?? each).innerText
      if (!each.checkVisibility() || name === "Step of the attack") continue
      const { ariaPressed, ariaChecked, ariaSelected, value, checked, open } = each
      parts.push([name.trim(), ariaPressed, ariaChecked, ariaSelected, value, checked, open].join(" "))
    }
  }
  look(document.querySelector("[data-testid=stMain]"))
  return parts.join("\\n")
}"""
RESTING = f"""async () => {{
  const view = {VIEW}
  let last = ""
  for (let held = 0; held < 30; ) {{
    await new Promise(requestAnimationFrame)
    const now = view()
    held = now === last ? held + 1 : 0
    last = now
  }}
  return last
}}"""


def press(name: str):
    return lambda page: page.get_by_role("button", name=name, exact=True).first.click()


def part(key: str, name: str):
    return lambda page: page.locator(f".st-key-{key}").get_by_text(name, exact=True).click()


def tab(name: str):
    return lambda page: page.get_by_role("tab", name=name).click()


def option(key: str, name: str):
    def choose_option(page):
        page.locator(f".st-key-{key} input").click()
        page.get_by_role("option", name=name, exact=True).click()

    return choose_option


def number(key: str, value: int):
    def write_number(page):
        page.locator(f".st-key-{key} input").fill(str(value))
        page.locator(f".st-key-{key} input").press("Enter")

    return write_number


def key(place: str, name: str):
    return lambda page: page.locator(place).first.press(name)


def unfold(name: str):
    return lambda page: page.locator("summary").filter(has_text=name).click()


@pytest.fixture(scope="module")
def server(own_server):
    """A run that is there makes the Train page another one."""
    return own_server


CHANGES = {
    "": (".fooled .again", [press("Next image"), press("Magnify"), part("images", "Fashion")]),
    "attack": (
        ".replay .model",
        [
            part("guide", "2 Aim elsewhere"),
            number("image", 7),
            key(".st-key-epsilon input", "ArrowLeft"),
            press("First step (Home)"),
            tab("Attribution"),
            part("guide", "3 See why"),
        ],
    ),
    "live": (
        ".live-stage .thumb",
        [press("Image 3: 4"), key(".row.size input", "ArrowRight"), part("live_story", "3 How small?")],
    ),
    "feature_maps?samples=200": (
        ".fm[data-ready]",
        [
            part("condition", "Adaptive PGD-10"),
            press("Both in one"),
            part("story", "3 The model's answers"),
            unfold("What a map"),
        ],
    ),
    "robustness": (
        ".accuracies tbody tr",
        [
            part("robust_story", "2 A stronger attacker"),
            lambda page: page.locator(".accuracies tbody button[aria-pressed=false]").first.click(),
            lambda page: page.locator(".accuracies thead button").first.click(),
            unfold("Every check"),
        ],
    ),
    "negatives?model=Tiny+with+attention+%C2%B7+tiny-ra": (
        ".mechanism .board",
        [
            press("Next anchor"),
            key(".mechanism #alpha", "ArrowLeft"),
            press("One step of the weights"),
            part("negative_story", "2 Who gives way"),
            tab("Population"),
            tab("Outcome"),
            tab("Figures 3 and 4"),
        ],
    ),
    "train": (
        ".st-key-recipe",
        [part("train_story", "2 What it takes"), option("recipe", "MART-ANCRA · digits"), tab("Runs"), tab("Upload")],
    ),
}


def changed(page, change, settled) -> tuple[str, str]:
    """Make a change; returns the address and what is shown when the page has come to rest."""
    before = page.url
    change(page)
    page.wait_for_function("before => location.href !== before", arg=before, timeout=60_000)
    settled(page)
    return page.evaluate(RESTING), page.url


def expect_view(page, view: str) -> None:
    with suppress(TimeoutError):  # The comparison says what differs.
        page.wait_for_function(f"view => ({VIEW})() === view", arg=view)
    assert page.evaluate(VIEW) == view


@pytest.mark.parametrize("path", CHANGES)
def test_every_change_of_a_page_is_taken_back_and_brought_back(open_browser, settled, path):
    ready, changes = CHANGES[path]
    page = open_browser(path)
    page.locator(ready).first.wait_for(timeout=180_000)
    settled(page)
    undo, redo = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Redo")
    views = [(page.evaluate(RESTING), page.url), *[changed(page, change, settled) for change in changes]]
    assert len(set(views)) == len(views)
    for view, address in reversed(views[:-1]):
        undo.click()
        page.wait_for_url(address)
        expect_view(page, view)
    expect(undo).to_be_disabled()
    for view, address in views[1:]:
        redo.click()
        page.wait_for_url(address)
        expect_view(page, view)
    expect(redo).to_be_disabled()
    page.go_back()
    expect_view(page, views[-2][0])
    page.reload()
    page.locator(ready).first.wait_for(timeout=180_000) if "story" in path else settled(page)
    expect_view(page, views[-2][0])
    page.go_forward()
    expect_view(page, views[-1][0])


def test_twenty_changes_are_taken_back_one_by_one(open_browser, settled):
    page = open_browser("robustness")
    page.locator(".accuracies tbody tr").first.wait_for(timeout=60_000)
    settled(page)
    rows = page.locator(".accuracies tbody tr:not(.more) th button")
    views = [(page.evaluate(RESTING), page.url)]
    for turn in range(20):
        shown = next(i for i in range(rows.count()) if rows.nth(i).get_attribute("aria-pressed") == "true")
        other = rows.nth((shown + 1 + turn % 3) % rows.count())
        views.append(changed(page, lambda _, other=other: other.click(), settled))
    for view, _ in reversed(views[:-1]):
        page.keyboard.press("Control+z")
        expect_view(page, view)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def test_a_setting_that_is_taken_back_stays_where_it_is(open_browser, settled):
    page = open_browser("train")
    settled(page)
    fields = [page.locator(f'input[aria-label$="{name}"]').first for name in ("Epochs", "Epsilon")]
    before = [field.input_value() for field in fields]
    for field in fields:
        field.evaluate("element => { element.first = true }")
    for field, value in zip(fields, ("7", "0.3"), strict=True):
        changed(page, lambda _, field=field, value=value: (field.fill(value), field.press("Enter")), settled)
    for button, values in (("Undo", ["7", before[1]]), ("Undo", before), ("Redo", ["7", before[1]])):
        page.get_by_role("button", name=button).click()
        for field, value in zip(fields, values, strict=True):
            expect(field).to_have_value(value)
            assert field.evaluate("element => element.first")


def test_a_late_answer_does_not_bring_back_the_view_that_was_left(open_browser, settled):
    page = open_browser("train")
    settled(page)
    first = (page.evaluate(RESTING), page.url)
    _, left = changed(page, part("train_story", "2 What it takes"), settled)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(first[1])
    settled(page)
    page.evaluate("address => history.replaceState({}, '', address)", left)
    settled(page)
    assert (page.evaluate(RESTING), page.url) == first
