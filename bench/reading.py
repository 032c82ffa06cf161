"""Measure reading: PDF pages a second beside other libraries, OCR beside Tesseract, memory and start of a process,
exact values of e-invoices.

    python bench/reading.py DATA [--rounds N] [--receipts N] [--json FILE]

Install the other libraries with `pip install -e '.[bench,tesseract,openvino]'`; what is not there is left out. All
are measured in turn in one run, in processor time (their own and that of the reading process) and by the clock; the
best round counts, so that a busy machine matters little.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from statistics import mean
from typing import Any

from einvoices import measure_einvoices
from liteparse import LiteParse
from rapidfuzz.distance import Indel

from docrail.core.errors import InvalidInput
from docrail.core.model import Source
from docrail.reading.engines import OcrEngine
from docrail.reading.sandbox import Reader

SETS = ("invoice2data", "zugferd", "azure-forms")
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Read the command line, measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--receipts", type=int, default=10)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "reading.json")
    options = parser.parse_args()
    results = {
        "processes": measure_processes(options.data),
        "pdf": measure_pdfs(options.data, rounds=options.rounds),
        "ocr": measure_ocr(options.data, count=options.receipts),
        "einvoices": measure_einvoices(options.data),
    }
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps(results, indent=1) + "\n")
    print_results(results)


def measure_pdfs(data: Path, *, rounds: int) -> dict[str, Any]:
    """Pages a second of every library over the same files, by set and in all. Files with a page or picture that goes
    through OCR are named and left out: the others do not read them."""
    files = {name: sorted((data / name).rglob("*.pdf")) for name in SETS}
    with Reader() as reader:
        ways = {"docrail": lambda path: len(reader.read(path, filename=path.name).pages), **other_libraries()}
        scanned = {path for paths in files.values() for path in paths if has_scan(reader, path)}
        results: dict[str, Any] = {}
        for name, paths in files.items():
            results[name] = time_best(ways, [path for path in paths if path not in scanned], rounds=rounds)
    results["all"] = {way: add_up([results[name][way] for name in files]) for way in ways}
    for result in results.values():
        add_ratios(result)
    return {**results, "left_out": sorted({path.name for path in scanned})}


def has_scan(reader: Reader, path: Path) -> bool:
    """Whether any page goes through OCR."""
    layout = reader.read(path, filename=path.name)
    return any(page.source in (Source.OCR, Source.MIXED) for page in layout.pages)


def other_libraries() -> dict[str, Callable[[Path], int]]:
    """Functions that read the words with boxes of a file and return its number of pages."""
    bare = LiteParse(
        ocr_enabled=False, quiet=True, num_workers=1, image_mode="off", emit_word_boxes=True, max_pages=500
    )
    ways: dict[str, Callable[[Path], int]] = {
        "liteparse": lambda path: len(bare.parse(path.read_bytes()).pages)
    }
    if find_spec("pdfplumber"):
        ways["pdfplumber"] = read_by_pdfplumber
    if find_spec("docling_parse"):
        ways["docling-parse"] = read_by_docling
    return ways


def read_by_pdfplumber(path: Path) -> int:
    """Words with boxes by pdfplumber."""
    import pdfplumber

    with pdfplumber.open(path) as pdf:
        return len([page.extract_words() for page in pdf.pages])


def read_by_docling(path: Path) -> int:
    """Words with boxes by docling-parse."""
    from docling_parse.pdf_parser import DoclingPdfParser

    document = DoclingPdfParser(loglevel="fatal").load(BytesIO(path.read_bytes()), lazy=True)
    return len([page.word_cells for _, page in document.iterate_pages()])


def time_best(
    ways: Mapping[str, Callable[[Path], int]], paths: Sequence[Path], *, rounds: int
) -> dict[str, dict[str, float]]:
    """The best round of each in processor time and by the clock, all in turn, after one that does not count."""
    pages = {way: sum(map(read, paths)) for way, read in ways.items()}
    cpu: dict[str, list[float]] = {way: [] for way in ways}
    clock: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, read in ways.items():
            before, start = processor_seconds(), time.perf_counter()
            for path in paths:
                read(path)
            clock[way].append(time.perf_counter() - start)
            cpu[way].append(processor_seconds() - before)
    return {
        way: {
            "pages": pages[way],
            "cpu_seconds": round(min(cpu[way]), 4),
            "seconds": round(min(clock[way]), 4),
        }
        for way in ways
    }


def add_up(results: Sequence[dict[str, float]]) -> dict[str, float]:
    """Several sets as one."""
    return {
        key: round(sum(result[key] for result in results), 4) for key in ("pages", "cpu_seconds", "seconds")
    }


def add_ratios(result: dict[str, dict[str, float]]) -> None:
    """Pages a second, and docrail's rate as a part of the other's."""
    ours = result["docrail"]
    for each in result.values():
        each["pages_per_second"] = round(each["pages"] / each["seconds"], 1)
        each["docrail_of_this_cpu"] = round(each["cpu_seconds"] / ours["cpu_seconds"], 2)
        each["docrail_of_this_clock"] = round(each["seconds"] / ours["seconds"], 2)


def measure_ocr(data: Path, *, count: int) -> dict[str, Any]:
    """Seconds a receipt and character accuracy by engine."""
    lines = [json.loads(line) for line in (data / "sroie" / "truth.jsonl").read_text().splitlines()][:count]
    results = {}
    for engine in OcrEngine:
        try:
            with Reader(ocr_engine=engine) as reader:
                results[str(engine)] = measure_engine(reader, data / "sroie", lines)
        except InvalidInput as error:
            results[str(engine)] = {"left_out": error.problems[0].message}
    return results


def measure_engine(reader: Reader, folder: Path, lines: Sequence[dict[str, Any]]) -> dict[str, float]:
    """One engine over the receipts; the first is read twice, so that loading does not count."""
    cpu, clock, accuracy = [], [], []
    reader.read(folder / lines[0]["document"], filename="warm.jpg")
    for line in lines:
        before, start = processor_seconds(), time.perf_counter()
        layout = reader.read(folder / line["document"], filename="receipt.jpg")
        clock.append(time.perf_counter() - start)
        cpu.append(processor_seconds() - before)
        accuracy.append(character_accuracy(line["meta"]["ocr_truth"], layout.text))
    return {
        "receipts": len(lines),
        "seconds": round(mean(clock), 2),
        "cpu_seconds": round(mean(cpu), 2),
        "character_accuracy": round(mean(accuracy), 4),
    }


def character_accuracy(truth: Sequence[dict[str, Any]], text: str) -> float:
    """Likeness (0..1) of the characters without white space, the true boxes put into rows from top to bottom."""
    rows: list[list[tuple[float, float, float, str]]] = []
    for box in sorted(truth, key=lambda box: sum(box["box"][1::2])):
        x, top, bottom = min(box["box"][::2]), min(box["box"][1::2]), max(box["box"][1::2])
        middle = (top + bottom) / 2
        if rows and rows[-1][0][1] <= middle <= rows[-1][0][2]:
            rows[-1].append((x, top, bottom, box["text"]))
        else:
            rows.append([(x, top, bottom, box["text"])])
    wanted = "".join(text for row in rows for *_, text in sorted(row))
    return Indel.normalized_similarity("".join(wanted.split()).lower(), "".join(text.split()).lower())


def measure_processes(data: Path) -> dict[str, Any]:
    """Seconds from nothing to the first layout, and megabytes resident after it, for a PDF, a text and a picture."""
    cases = {
        "text": sorted((data / "ixbrl-filings").rglob("*.html"))[0],
        "pdf": sorted((data / "zugferd").rglob("*.pdf"))[0],
        "receipt": sorted((data / "sroie").rglob("*.jpg"))[0],
    }
    results = {}
    for name, path in cases.items():
        with Reader() as reader:
            start = time.perf_counter()
            reader.read(path, filename=path.name)
            cold = time.perf_counter() - start
            start = time.perf_counter()
            reader.read(path, filename=path.name)
            warm = time.perf_counter() - start
            results[name] = {
                "cold_seconds": round(cold, 3),
                "warm_seconds": round(warm, 3),
                "resident_mb": round(sum(map(resident_bytes, child_ids())) / 1e6),
            }
    return results


def processor_seconds() -> float:
    """Processor time of this process and its children, running or ended."""
    spent = os.times()
    running = sum(ticks(child) for child in child_ids()) / TICK
    return time.process_time() + spent.children_user + spent.children_system + running


def child_ids() -> list[int]:
    """The processes started from any thread of this one."""
    tasks = Path("/proc/self/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def ticks(process: int) -> int:
    """User and system time of a process, in clock ticks."""
    return sum(map(int, Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]))


def resident_bytes(process: int) -> int:
    """Resident memory of a process."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE


def print_results(results: dict[str, Any]) -> None:
    """The tables."""
    print("left out, as they need OCR:", ", ".join(results["pdf"]["left_out"]) or "none")
    for name, result in results["pdf"].items():
        if name == "left_out":
            continue
        print(f"{name}: {result['docrail']['pages']:.0f} pages")
        for way, each in result.items():
            ratios = (
                f"{each['docrail_of_this_cpu']:.2f} (processor), {each['docrail_of_this_clock']:.2f} (clock)"
            )
            print(
                f"   {way:14} {each['pages_per_second']:8.1f} pages/s  {each['cpu_seconds']:7.3f} s of processor  "
                f"docrail runs at {ratios}"
            )
    for kind in ("ocr", "processes", "einvoices"):
        print(kind)
        for name, each in results[kind].items():
            print(f"   {name:14} {each}")


if __name__ == "__main__":
    main()
