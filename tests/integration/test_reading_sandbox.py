"""A Reader reads real files in processes of its own and outlives what they do."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from docrail.core.errors import DocumentError
from docrail.core.model import Source
from docrail.reading.sandbox import Limits, Reader

DATA = Path(__file__).parents[1] / "data"
INVOICE = DATA / "robustness/documents/control_invoice.pdf"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] + [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]


def test_a_pdf_has_words_with_boxes_in_points_from_the_top_left(reader: Reader) -> None:
    page = reader.read(INVOICE, filename="i.pdf").pages[0]
    total = next(word for line in page.lines for word in line.words if word.text == "120.00")
    assert (page.width, page.height, page.source) == (595.0, 842.0, Source.TEXT_LAYER)
    assert 130 < total.box.y0 < total.box.y1 < 146
    assert "Total due: EUR 120.00" in [line.text for line in page.lines]


@pytest.mark.parametrize("name", ["MustangBeispiel20221026.pdf", "pdf_fx_minimum_1.pdf"])
def test_the_invoice_inside_a_pdf_comes_along(reader: Reader, name: str) -> None:
    layout = reader.read(DATA / "zugferd" / name, filename=name)
    assert [twin.name for twin in layout.embedded] == ["factur-x.xml"]
    assert "CrossIndustryInvoice" in layout.embedded[0].text


def test_a_receipt_is_recognised_with_scores(reader: Reader) -> None:
    layout = reader.read(DATA / "sroie/sroie_train_019.jpg", filename="r.jpg")
    words = {word.text: word.score for line in layout.pages[0].lines for word in line.words}
    assert layout.pages[0].source == Source.OCR
    assert 0.5 < words["86.00"] <= 1.0


@pytest.mark.parametrize(
    "name", ["ixbrl-filings/uk_account_1.html", "xrechnung-pairs/01.01a-INVOICE_ubl.xml"]
)
def test_markup_is_read(reader: Reader, name: str) -> None:
    assert len(reader.read(DATA / name, filename=name).text) > 500


def test_a_parent_that_only_asks_loads_nothing_heavy() -> None:
    code = (
        "import sys, docrail.reading.sandbox; "
        "print([m for m in ('liteparse', 'lxml', 'numpy', 'PIL', 'cv2') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_many_threads_share_few_children() -> None:
    before = set(children_of(os.getpid()))
    with Reader(processes=2) as reader, ThreadPoolExecutor(8) as pool:
        texts = set(pool.map(lambda _: reader.read(INVOICE, filename="i.pdf").text, range(24)))
        assert len(texts) == 1
        assert len(set(children_of(os.getpid())) - before) <= 2


def test_a_killed_child_is_an_error_once_and_is_replaced(reader: Reader) -> None:
    reader.read(INVOICE, filename="i.pdf")
    for child in set(children_of(os.getpid())):
        os.kill(child, signal.SIGKILL)
    with pytest.raises(DocumentError) as caught:
        reader.read(INVOICE, filename="i.pdf")
    assert (caught.value.code, caught.value.retryable) == ("crashed", True)
    assert "120.00" in reader.read(INVOICE, filename="i.pdf").text


def test_a_file_over_its_time_is_stopped_and_the_reader_goes_on(tmp_path: Path) -> None:
    slow, quick = tmp_path / "slow.json", tmp_path / "quick.txt"
    slow.write_text("[" + "1," * 4_000_000 + "1]")
    quick.write_text("Total 120.00")  # a PDF would need most of the time for what reads it
    with Reader(limits=Limits(seconds=1.0, cells=10_000_000, characters=100_000_000)) as reader:
        with pytest.raises(DocumentError) as caught:
            reader.read(slow, filename="slow.json")
        assert caught.value.code == "timeout"
        assert "120.00" in reader.read(quick, filename="quick.txt").text


def test_a_file_over_its_memory_is_stopped_and_the_reader_goes_on(tmp_path: Path) -> None:
    fat = tmp_path / "fat.json"
    fat.write_text("[" + "1," * 2_000_000 + "1]")
    with Reader(limits=Limits(memory_mb=100, cells=10_000_000, characters=100_000_000)) as reader:
        with pytest.raises(DocumentError) as caught:
            reader.read(fat, filename="fat.json")
        assert caught.value.code == "out_of_memory"
        assert "120.00" in reader.read(INVOICE, filename="i.pdf").text


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_children_die_with_a_parent_that_is_killed() -> None:
    code = (
        "import sys, time; from pathlib import Path; from docrail.reading.sandbox import Reader; reader = Reader(); "
        "reader.read(Path(sys.argv[1]), filename='i.pdf'); print('ready', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(INVOICE)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        children = set(children_of(parent.pid))
        parent.kill()
    assert children
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [child for child in children if is_running(child)] == []


def is_running(pid: int) -> bool:
    """An orphan that nobody reaps stays as a zombie in some containers; it is dead all the same."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/tmp/docrail-canary', 'w')",
        "__import__('socket').create_connection(('127.0.0.1', 9))",
        "__import__('subprocess').run(['true'])",
        "__import__('os').system('true')",
    ],
)
def test_nothing_can_be_written_or_started_or_reached_in_a_child(attempt: str) -> None:
    code = (
        "import os; from docrail.reading import jail; from docrail.reading.limits import Limits\n"
        "jail.enter(limits=Limits(), parent=os.getppid())\n"
        f"try: {attempt}\nexcept PermissionError: raise SystemExit(7)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 7


def picture(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png), formats=["PNG"])
    image.load()
    return image


def test_a_page_is_rendered_apart_in_its_shape(reader: Reader) -> None:
    image = picture(reader.render(INVOICE, number=1, width=595))
    assert image.size == (595, 842)
    assert image.crop((50, 130, 130, 146)).getextrema()[0] < 128  # type: ignore[operator]  # grey: two numbers


def test_a_scan_that_lay_turned_is_shown_as_it_was_read(reader: Reader, tmp_path: Path) -> None:
    receipt = Image.open(DATA / "sroie/sroie_train_019.jpg").convert("RGB")
    path = tmp_path / "turned.png"
    receipt.rotate(90, expand=True).save(path)
    page = reader.read(path, filename="turned.png").pages[0]
    assert page.rotation == 90
    png = reader.render(path, number=1, width=2400, rotation=page.rotation)
    assert ImageChops.difference(picture(png).convert("RGB"), receipt).getbbox() is None
    assert receipt.height / receipt.width == pytest.approx(page.height / page.width)


def test_hidden_words_keep_their_place(reader: Reader) -> None:
    page = reader.read(DATA / "robustness/documents/hidden_instruction.pdf", filename="h.pdf").pages[0]
    assert page.hidden[0].box is not None
    assert 0 <= page.hidden[0].box.x0 < page.hidden[0].box.x1 <= page.width


@pytest.mark.parametrize(
    "name", ["random_bytes.pdf", "dimension_bomb.png", "ifd_loop.tif", "flate_bomb_stream.pdf"]
)
def test_a_page_that_cannot_be_rendered_fails_alone(reader: Reader, name: str) -> None:
    path = DATA / "robustness/documents" / name
    with contextlib.suppress(DocumentError):
        picture(reader.render(path, number=1, width=800))
    assert picture(reader.render(INVOICE, number=1, width=200)).width == 200


def test_closing_at_once_gives_up_the_reading_under_way(tmp_path: Path) -> None:
    scan = Image.open(DATA / "sroie/sroie_train_019.jpg").convert("RGB")
    path = tmp_path / "long.tif"
    scan.save(path, compression="jpeg", save_all=True, append_images=[scan] * 60)
    with ThreadPoolExecutor(1) as pool:
        reader = Reader()
        reading = pool.submit(reader.read, path, filename="long.tif")
        with pytest.raises(TimeoutError):
            reading.result(timeout=1.5)
        began = time.monotonic()
        reader.close(at_once=True)
        with pytest.raises(DocumentError) as caught:
            reading.result(timeout=5)
    assert caught.value.code == "crashed"
    assert time.monotonic() - began < 5
