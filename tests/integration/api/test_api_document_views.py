"""What docrail sees of a document over HTTP: read when first asked, kept by digest, shown to nobody else."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from docrail.api.routes import document_views
from docrail.core.errors import DocumentError
from docrail.core.model import Layout
from docrail.reading.sandbox import Reader

DATA = Path(__file__).parents[2] / "data"
INVOICE = DATA / "robustness/documents/control_invoice.pdf"
ENCRYPTED = DATA / "robustness/documents/encrypted_user_password.pdf"
HTML = b"<p>Invoice *7*<table><tr><td>item<td>price<tr><td>Pump<td>7</table><p hidden>HACKED</p>"
VIEWS = ("layout", "markdown", "pages/1.png")


@pytest.fixture
def give(client):
    """Where a document with these bytes stands."""

    def give_bytes(data, filename="a.bin"):
        answer = client.post("/v1/documents", files={"files": (filename, data)})
        return answer.json()["data"][0]["links"]["self"]

    return give_bytes


def counted(name, method, calls):
    def call(self, *args, **more):
        calls.append(name)
        return method(self, *args, **more)

    return call


@pytest.fixture
def count_reads(monkeypatch):
    """The names of the reader's calls so far."""
    calls = []
    for name in ("read", "render"):
        monkeypatch.setattr(Reader, name, counted(name, getattr(Reader, name), calls))
    return calls


def picture(answer):
    assert answer.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(answer.content), formats=["PNG"])
    image.load()
    return image


def body_without_times(answer):
    return {**answer.json(), "request_id": "", "timestamp": "", "path": ""}


def test_a_document_is_read_when_first_asked_and_once(client, give, count_reads):
    here = give(INVOICE.read_bytes())
    layout = client.get(f"{here}/layout").json()
    words = [word["text"] for line in layout["pages"][0]["lines"] for word in line["words"]]
    assert (layout["media_type"], layout["pages"][0]["width"]) == ("application/pdf", 595.0)
    assert "120.00" in words
    assert "Total due: EUR 120.00" in client.get(f"{here}/markdown").text
    assert count_reads == ["read"]


def test_what_a_run_has_read_is_shown_as_it_was_read(client, program, give, count_reads):
    here = give(b"text", "a.txt")
    digest = client.get(here).json()["digest"]
    program.blobs.keep_layout(digest, Layout(media_type="text/plain", pages=()))
    assert client.get(f"{here}/layout").json()["pages"] == []
    assert count_reads == []


def test_markdown_has_tables_escapes_markup_and_leaves_hidden_text_to_the_layout(client, give):
    here = give(HTML, "a.html")
    answer = client.get(f"{here}/markdown")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text == "Invoice \\*7\\*\n\n| item | price |\n| --- | --- |\n| Pump | 7 |\n"
    assert "HACKED" in client.get(f"{here}/layout").json()["pages"][0]["hidden"][0]["text"]


@pytest.mark.parametrize(("wanted", "width"), [(None, 1200), (1, 200), (500, 800), (2400, 2400)])
def test_a_page_is_a_png_of_its_shape_at_the_next_of_a_few_widths(client, give, wanted, width):
    here = give(INVOICE.read_bytes())
    image = picture(client.get(f"{here}/pages/1.png", params={"width": wanted} if wanted else {}))
    assert image.width == width
    assert image.height / image.width == pytest.approx(842 / 595, rel=0.01)
    assert image.convert("L").getextrema()[0] < 200  # there is ink on it


def test_a_page_is_rendered_once(client, give, count_reads):
    here = give(INVOICE.read_bytes())
    pages = {client.get(f"{here}/pages/1.png").content for _ in range(3)}
    assert (len(pages), count_reads) == (1, ["read", "render"])


def test_pages_of_a_tiff_are_shown_one_by_one(client, give):
    target = io.BytesIO()
    first, second = Image.new("RGB", (300, 100), "white"), Image.new("RGB", (200, 200), "red")
    first.save(target, format="TIFF", save_all=True, append_images=[second])
    here = give(target.getvalue(), "a.tif")
    assert picture(client.get(f"{here}/pages/1.png?width=200")).size == (200, 67)
    image = picture(client.get(f"{here}/pages/2.png?width=800"))
    assert (image.size, image.getpixel((5, 5))) == ((200, 200), (255, 0, 0))


@pytest.mark.parametrize("number", ["0", "2", "999999"])
def test_a_page_that_is_not_there_is_404_and_says_how_many_there_are(client, give, number):
    answer = client.get(f"{give(INVOICE.read_bytes())}/pages/{number}.png")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.json()["message"] == f"There is no page {number}: 1 page was read."


def test_a_file_without_pages_has_no_pictures_and_says_so(client, give):
    answer = client.get(f"{give(HTML, 'a.html')}/pages/1.png")
    assert answer.status_code == 404
    assert "text/html has no pages" in answer.json()["message"]


@pytest.mark.parametrize("width", ["0", "-1", "2401", "x", ""])
def test_a_width_out_of_range_is_refused(client, give, width):
    answer = client.get(f"{give(b'x', 'a.txt')}/pages/1.png?width={width}")
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")


@pytest.mark.parametrize("view", VIEWS)
def test_what_cannot_be_read_is_422_with_its_own_code(client, give, view):
    answer = client.get(f"{give(ENCRYPTED.read_bytes())}/{view}")
    assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (
        422,
        "encrypted",
        False,
    )
    assert "password" in answer.json()["message"]


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.7\n" + bytes(range(256)) * 9, b"II*\0" + b"\xff" * 400, b"\x89PNG\r\n\x1a\n" + bytes(50)],
)
def test_a_broken_file_is_an_error_and_the_next_one_is_read(client, give, data):
    here = give(data)
    assert {client.get(f"{here}/{view}").status_code for view in VIEWS} == {422}
    assert client.get(f"{give(INVOICE.read_bytes())}/pages/1.png").status_code == 200


def test_a_picture_that_only_fails_when_it_is_drawn_is_an_error(client, give, monkeypatch):
    def refuse(*_args, **_more):
        raise DocumentError("The reader died.", code="crashed", retryable=True)

    monkeypatch.setattr(Reader, "render", refuse)
    answer = client.get(f"{give(INVOICE.read_bytes())}/pages/1.png")
    assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (422, "crashed", True)


@pytest.mark.parametrize("view", VIEWS)
def test_another_workspace_an_unknown_and_a_malformed_id_are_the_same_404(api, client, give, view):
    here = give(INVOICE.read_bytes())
    assert client.get(f"{here}/{view}").status_code == 200
    with api.client(api.secret("read", workspace="other")) as other:
        paths = [here, "/v1/documents/01999999-0000-7000-8000-000000000000", "/v1/documents/x"]
        answers = [other.get(f"{path}/{view}") for path in paths]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert body_without_times(answers[0]) == body_without_times(answers[1]) == body_without_times(answers[2])
    bad = client.get(f"{here}/pages/one.png")
    assert body_without_times(bad) == body_without_times(answers[0])


@pytest.mark.parametrize("view", VIEWS)
def test_views_need_the_scope_read(api, give, view):
    here = give(INVOICE.read_bytes())
    with api.client(api.secret("write")) as writer, api.client() as nobody:
        assert writer.get(f"{here}/{view}").status_code == 403
        assert nobody.get(f"{here}/{view}").status_code == 401


@pytest.mark.parametrize("view", VIEWS)
def test_views_stay_private_never_run_and_are_not_sent_twice(client, give, count_reads, view):
    here = give(INVOICE.read_bytes())
    answer = client.get(f"{here}/{view}")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    count_reads.clear()
    again = client.get(f"{here}/{view}", headers={"If-None-Match": f'"x", W/{answer.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == answer.headers["etag"]
    assert client.get(f"{here}/{view}", headers={"If-None-Match": '"x"'}).status_code == 200


def test_slow_readings_wait_in_line_and_block_nothing_else(api, client, give, monkeypatch):
    go, started = threading.Event(), threading.Semaphore(0)

    def slow(self, path, *, filename):
        started.release()
        assert go.wait(20)
        return Layout(media_type="text/plain", pages=())

    monkeypatch.setattr(Reader, "read", slow)
    places = [give(f"{n}".encode(), "a.txt") for n in range(document_views.READING + 60)]
    secret = api.secret("read")

    def ask(place):
        with api.client(secret) as own:
            return own.get(f"{place}/layout").status_code

    with ThreadPoolExecutor(len(places)) as pool:
        asked = pool.map(ask, places)
        for _ in range(document_views.READING):
            assert started.acquire(timeout=20)
        assert client.get(places[-1]).status_code == 200
        assert not started.acquire(timeout=0.2)
        go.set()
        statuses = list(asked)
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= document_views.READING + 1


def test_when_too_many_wait_one_is_told_to_come_back(client, give, monkeypatch):
    monkeypatch.setattr(document_views, "WAITING", 0)
    answer = client.get(f"{give(b'x', 'a.txt')}/layout")
    assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (
        503,
        "unavailable",
        True,
    )
    assert answer.headers["retry-after"] == "5"
