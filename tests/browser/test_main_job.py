"""The main job as a person does it in a browser: drop files, watch, correct by clicking a word, take the table."""

import csv
import json

from playwright.sync_api import expect

from tests.browser.invoices import WRONG, invoices
from tests.browser.stage import looking
from tests.browser.steps import begin_review, drawn, run_to_end, start_run, write_spec


def table(page):
    """The rows of the table as downloaded, by invoice number."""
    with page.expect_download() as download:
        page.locator('a[href$="plain.csv"]').click()
    with download.value.path().open(newline="", encoding="utf-8-sig") as file:
        return {row["number"]: row for row in csv.DictReader(file)}


def test_a_run_is_started_watched_reviewed_and_taken_home(browser, url):
    with looking(browser, url, accept_downloads=True) as page:
        run = run_to_end(page, name="Corrected")
        page.wait_for_load_state("networkidle")
        counts = page.locator('[data-phase="validation"] dl').inner_text().split()
        assert counts[:2] == ["completed", "3"]
        expect(page.locator('[data-total="heldFields"]')).to_have_text("1")
        assert_same_as_the_api(page)
        page.get_by_role("button", name="Open the table").click()
        expect(page.locator("td.held")).to_have_text("held")
        assert table(page)["R-3"]["total"] == ""

        begin_review(page, run)
        expect(page.locator("#value")).to_have_value("191.00")
        drawn(page)
        page.locator('.word[data-text="119.00"]').click()
        expect(page.locator("#value")).to_have_value("119.00")
        page.keyboard.press("Escape")
        page.keyboard.press("a")
        expect(page.locator("#wrong")).to_contain_text("correct it with C")
        page.keyboard.press("c")
        expect(page.get_by_role("status")).to_contain_text("corrected as 119.00")
        page.goto("/products")
        page.get_by_role("link", name="Corrected").click()
        row = page.get_by_role("row").filter(has_text=WRONG)
        expect(row.locator("td.corrected")).to_contain_text("119.00")
        assert float(table(page)["R-3"]["total"]) == 119.0
        row.locator("td.corrected a").click()
        expect(page.locator("#field-total details")).to_have_attribute("open", "")


def assert_same_as_the_api(page):
    """The numbers on the page are those of the progress object."""
    body = json.loads(page.evaluate("fetch(location.pathname + '/progress').then((answer) => answer.text())"))
    for row in body["phases"]:
        for count in ("completed", "running", "pending", "errors", "skipped"):
            shown = page.locator(f'[data-phase="{row["phaseId"]}"] [data-count={count}] dd')
            expect(shown).to_have_text(str(row[count]))


def test_counters_fill_while_the_page_is_open(browser, url):
    with looking(browser, url) as page:
        write_spec(page)
        page.add_init_script(
            "window.seen = []; addEventListener('DOMContentLoaded', () => new MutationObserver(() => {"
            "const n = document.querySelector('[data-phase=extraction] [data-count=completed] dd');"
            "if (n) window.seen.push(Number(n.textContent)) }).observe(document.body, "
            "{subtree: true, childList: true, characterData: true}))"
        )
        start_run(page, invoices(wrong=10))
        expect(page.locator("#live")).to_have_attribute("data-terminal", "yes", timeout=40_000)
        expect(page.locator("[data-phase=extraction] [data-count=completed] dd")).to_have_text("12")
        seen = page.evaluate("window.seen")
        assert seen == sorted(seen)
        assert seen[0] < 12 == seen[-1]


def test_a_run_that_fails_says_why_and_is_tried_again(browser, url):
    with looking(browser, url) as page:
        write_spec(page)
        broken = {
            "name": "broken.pdf",
            "mimeType": "application/pdf",
            "buffer": b"%PDF-1.7\nnothing of a PDF",
        }
        start_run(page, [broken])
        expect(page.locator("#figures .status")).to_have_text("failed", timeout=30_000)
        cause = page.get_by_role("row").filter(has=page.get_by_role("button", name="Retry this one"))
        expect(cause).to_contain_text("unreadable")
        cause.get_by_role("button").click()
        expect(page.get_by_text("generation 2")).to_be_visible()
        expect(page.locator("#figures .status")).to_have_text("failed", timeout=30_000)
        page.get_by_role("link", name="broken.pdf").click()
        expect(page.get_by_role("alert")).to_be_visible()


def test_a_spec_with_problems_leads_to_their_lines_and_a_sample_shows_values_at_once(browser, url):
    with looking(browser, url) as page:
        run_to_end(page)
        page.goto("/specs")
        page.get_by_role("link", name="Invoices", exact=True).click()
        page.locator("#sample").select_option(label="invoice-1.pdf")
        page.get_by_role("button", name="Try on this document").click()
        expect(page.locator("#tried")).to_contain_text("R-1")
        text = page.locator("#text")
        text.fill(
            text.input_value()
            .replace("format: money", "format: 7", 1)
            .replace("name: Invoices", "name: Bills")
        )
        page.get_by_role("button", name="Try on this document").click()
        expect(page.locator("#tried")).to_contain_text("1 problem")
        line = int(page.locator("#tried [data-line]").first.get_attribute("data-line"))
        page.locator("#tried [data-line]").first.click()
        start = text.evaluate("(area) => area.selectionStart")
        assert text.input_value()[:start].count("\n") == line - 1
