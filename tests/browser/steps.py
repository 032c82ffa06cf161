"""What a person does on the page, step by step."""

import re

from playwright.sync_api import expect

from tests.browser.invoices import SPEC, invoices


def write_spec(page, text=SPEC):
    page.goto("/specs/new")
    page.get_by_label("What is wanted, as YAML").fill(text)
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile("/specs/0"))


def start_run(page, files, *, name="Bills"):
    """Give the files, start, and be on the page of the run."""
    page.goto("/start")
    page.set_input_files("#files", files)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Start").click()
    expect(page).to_have_url(re.compile("/runs/0"))


def run_to_end(page, *, wrong=1, name="Bills"):
    """A finished run over small invoices; the address of its page."""
    write_spec(page)
    start_run(page, invoices(wrong=wrong), name=name)
    expect(page.locator("#live")).to_have_attribute("data-terminal", "yes", timeout=40_000)
    return page.url


def begin_review(page, run):
    """Be at the first field of this run that is free."""
    page.goto(f"/review?run={run.rpartition('/')[2]}")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("#title")).to_be_visible()


def drawn(page):
    """Wait until the words of the page can be clicked."""
    expect(page.locator(".sheet svg").first).to_have_attribute("data-drawn", "yes")
