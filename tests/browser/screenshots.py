"""Pictures of every page for the documentation, from a real run of the example: `make screenshots`."""

import sys
import tempfile
from pathlib import Path

import yaml
from playwright.sync_api import Page, expect

from docrail.usecases.specs import load_spec, spec_to_document
from tests.browser.stage import chromium, looking, serving
from tests.browser.steps import begin_review, drawn, start_run, write_spec

EXAMPLE = Path(__file__).parents[2] / "examples/invoices"
SIZE = {"width": 1280, "height": 860}


def take(page: Page, target: Path) -> None:
    """Go through the main job and take a picture of each page on the way."""

    def picture(name: str) -> None:
        expect(page.locator(".htmx-request")).to_have_count(0)
        page.screenshot(path=target / f"{name}.png")

    text = yaml.safe_dump(
        spec_to_document(load_spec(EXAMPLE / "spec.yaml")), sort_keys=False, allow_unicode=True
    )
    write_spec(page, text)
    start_run(page, sorted((EXAMPLE / "documents").iterdir()), name="March")
    expect(page.locator("#live .busy").first).to_be_visible(timeout=40_000)
    picture("run-live")
    expect(page.locator("#live")).to_have_attribute("data-terminal", "yes", timeout=90_000)
    run = page.url
    page.goto(run)
    picture("run")
    page.get_by_role("link", name="contoso-1.pdf").click()
    page.locator("#field-gross_total summary").click()
    page.wait_for_load_state("networkidle")
    picture("document")
    begin_review(page, run)
    drawn(page)
    page.wait_for_load_state("networkidle")
    picture("review")
    page.goto(run)
    page.get_by_role("button", name="Open the table").click()
    picture("product")
    page.goto("/specs")
    page.get_by_role("link", name="Invoices", exact=True).click()
    page.locator("#sample").select_option(label="contoso-1.pdf")
    page.get_by_role("button", name="Try on this document").click()
    expect(page.locator("#tried table")).to_be_visible()
    picture("spec")
    page.emulate_media(color_scheme="dark")
    page.goto("/runs")
    picture("runs-dark")


def main(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "home") as url,
        chromium() as browser,
        looking(browser, url, viewport=SIZE) as page,
    ):
        take(page, target)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
