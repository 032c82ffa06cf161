"""Two people in one queue, and one who has only a keyboard."""

import re

from playwright.sync_api import expect

from tests.browser.stage import looking, make_key, serving
from tests.browser.steps import begin_review, run_to_end


def sign_in(page, secret):
    page.goto("/review")
    page.get_by_label("Key").fill(secret)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/review$"))


def test_two_people_in_the_queue_are_never_at_the_same_field(browser, tmp_path):
    home = tmp_path / "home"
    keys = {name: make_key(home, name, "read", "write") for name in ("ada", "bob")}
    with serving(home) as url, looking(browser, url) as ada, looking(browser, url) as bob:
        sign_in(ada, keys["ada"])
        run = run_to_end(ada, wrong=2)
        begin_review(ada, run)
        sign_in(bob, keys["bob"])
        begin_review(bob, run)
        theirs = [page.locator("#item").get_attribute("data-place") for page in (ada, bob)]
        assert theirs[0] != theirs[1]
        bob.goto(theirs[0])
        expect(bob.get_by_text("ada is at this field")).to_be_visible()
        ada.keyboard.press("a")
        expect(ada.get_by_role("status")).to_contain_text("approved")
        ada.get_by_role("navigation").get_by_role("link", name="Review").click()
        expect(ada.get_by_role("row").filter(has_text="approve")).to_have_count(1)
        bob.reload()
        expect(bob.get_by_text("approved by ada")).to_be_visible()


def test_the_keyboard_alone_is_enough(browser, url):
    with looking(browser, url) as page:
        run = run_to_end(page, wrong=3).rpartition("/")[2]
        page.goto(f"/review?run={run}")
        press_until(page, "Begin")
        page.keyboard.press("Enter")
        first = page.locator("#item[data-place]")
        expect(first).to_be_visible()
        place = first.get_attribute("data-place")
        expect(page.locator("#title")).to_be_focused()
        page.keyboard.press("n")
        expect(first).not_to_have_attribute("data-place", place)
        place = first.get_attribute("data-place")
        page.keyboard.press("a")
        expect(first).not_to_have_attribute("data-place", place)
        page.keyboard.press("z")
        expect(first).to_have_attribute("data-place", place)
        page.keyboard.press("o")
        expect(page.locator("#reason")).to_be_focused()
        page.keyboard.type("as agreed")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("overridden")
        expect(first).not_to_have_attribute("data-place", place)
        expect(page.locator("#title")).to_be_focused()
        page.keyboard.press("e")
        expect(page.locator("#value")).to_be_focused()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("119.00")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("corrected as 119.00")
        page.locator("#item .over a").click()
        expect(page.locator(".figures")).to_contain_text("1\nfield waiting", use_inner_text=True)


def press_until(page, name):
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == name:
            return
    raise AssertionError(f"Tab never comes to {name}")


def test_values_that_are_the_same_are_decided_at_once(browser, url):
    with looking(browser, url) as page:
        run = run_to_end(page, wrong=4, name="All alike")
        begin_review(page, run)
        page.get_by_label("and 3 others that say the same").check()
        page.locator("#title").focus()
        page.keyboard.press("a")
        expect(page.get_by_role("status")).to_contain_text("approved")
        page.get_by_role("link", name="Runs", exact=True).click()
        expect(
            page.get_by_role("row").filter(has_text="All alike").locator("[data-label=Held]")
        ).to_have_text("—")
        page.goto(run)
        expect(page.locator('[data-total="heldFields"]')).to_have_text("0")
