"""Good files of every kind, changed at random: nothing but typed errors or a layout, and never for long.

The same changes at every run, few of them; `DOCRAIL_FUZZ=20` tries 20 times as many, others each time.
"""

import io
import os
import signal
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.made import good

from docrail.core.errors import DocumentError
from docrail.core.model import Layout
from docrail.reading.detect import PDF, detect
from docrail.reading.limits import Limits
from docrail.reading.read import read_bytes
from docrail.reading.sandbox import Reader
from docrail.reading.unpack import unpack
from docrail.reading.wire import PartEnd, Unpack

TIMES = int(os.environ.get("DOCRAIL_FUZZ", "0"))
LIMITS = Limits(
    seconds=10, cells=2_000, characters=100_000, expanded_bytes=20_000_000, pages=20, memory_mb=1024
)
CODES = {"unreadable", "encrypted", "empty", "unsupported", "too_large"}
NASTY = [
    *(
        b"\0",
        b"\xff",
        b"\xff\xff\xff\xff",
        b"-1",
        b"99999999999999999999",
        b"1e999",
        b"NaN",
        b"&",
        b"<",
        b">",
    ),
    *(
        b"]]>",
        b"<!--",
        b'"',
        b"'",
        b";",
        b"\n",
        b"\r",
        b"\f",
        b"\x1b",
        b"\xed\xa0\x80",
        "\u202e\U000e0041".encode(),
    ),
    *(
        b"%",
        b"endobj",
        b"<<",
        b"rowspan=65534 ",
        b"style='width:" + b"9" * 40 + b"'",
        b"\xe2\x82",
        "²٣".encode(),
    ),
]
few = settings(
    max_examples=25 * max(TIMES, 1),
    deadline=None,
    derandomize=not TIMES,
    database=None,
    phases=[Phase.generate] if not TIMES else [Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[str, float, float, bytes]]:
    """A few changes; places are shares of the length, so that they fit any file."""
    place = st.floats(0, 1, exclude_max=True)
    kind = st.sampled_from(["cut", "flip", "drop", "double", "insert", "insert", "overwrite", "swap"])
    nasty = st.one_of(st.sampled_from(NASTY), st.binary(min_size=1, max_size=8))
    return draw(st.lists(st.tuples(kind, place, place, nasty), min_size=1, max_size=6))


def change(data: bytes, steps: list[tuple[str, float, float, bytes]]) -> bytes:
    for kind, one, other, new in steps:
        low, high = sorted((int(one * len(data)), int(other * len(data))))
        part = data[low:high]
        if kind == "cut":
            data = data[: max(high, 1)]
        elif kind == "flip":
            data = data[:low] + bytes(byte ^ new[0] for byte in data[low : low + 3]) + data[low + 3 :]
        elif kind == "drop":
            data = data[:low] + data[min(high, low + 200) :]
        elif kind == "double":
            data = data[:high] + part[:5_000] + data[high:]
        elif kind == "insert":
            data = data[:low] + new + data[low:]
        elif kind == "overwrite":
            data = data[:low] + new + data[low + len(new) :]
        else:
            data = (
                data[:low]
                + data[high : high + 20]
                + data[low + 20 : high]
                + data[low : low + 20]
                + data[high + 20 :]
            )
    return data


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Fails what takes longer; only for code that Python can interrupt."""

    def stop(signum: int, frame: object) -> None:
        raise TimeoutError(f"longer than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def read_here(data: bytes) -> None:
    """Read it in this process: a layout or a typed error. What changed into a picture or PDF is for the others."""
    if detect(data).startswith(("image/", PDF)):
        return
    with at_most(30):
        try:
            layout = read_bytes(data, filename="a", limits=LIMITS, threads=1)
        except DocumentError as error:
            assert error.code in CODES
            return
    assert isinstance(layout, Layout)
    # What is read can be handed over and kept: no lone surrogates.
    layout.text.encode()


@pytest.mark.parametrize("kind", sorted(good.texts()))
@few
@given(steps=changes())
def test_changed_texts_are_read_or_refused(kind: str, steps: list[tuple[str, float, float, bytes]]) -> None:
    read_here(change(good.texts()[kind], steps))


@pytest.mark.parametrize("kind", sorted(good.packages()))
@few
@given(steps=changes(), part=st.integers(0, 20), whole=st.booleans())
def test_changed_office_files_are_read_or_refused(
    kind: str, steps: list[tuple[str, float, float, bytes]], part: int, *, whole: bool
) -> None:
    data = good.packages()[kind]
    read_here(change(data, steps) if whole else change_inside(data, part, steps))


def change_inside(package: bytes, part: int, steps: list[tuple[str, float, float, bytes]]) -> bytes:
    """The package with one part changed and everything around it whole."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(target, "w") as archive:
        names = source.namelist()
        for name in names:
            data = source.read(name)
            archive.writestr(name, change(data, steps) if name == names[part % len(names)] else data)
    return target.getvalue()


@few
@given(steps=changes())
def test_changed_outlook_messages_are_read_or_refused(steps: list[tuple[str, float, float, bytes]]) -> None:
    read_here(change(good.message(), steps))


@pytest.mark.parametrize("kind", sorted(good.containers()))
@few
@given(steps=changes())
def test_changed_containers_are_taken_apart_or_refused(
    kind: str, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, float, float, bytes]]
) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / f"changed-{kind}"
    path.write_bytes(change(good.containers()[kind], steps))
    request = Unpack(path=str(path), filename="a", most=100, most_bytes=20_000_000)
    with at_most(30):
        try:
            said = list(unpack(request, limits=LIMITS))
        except DocumentError as error:
            assert error.code in CODES
            return
    assert {each.code for each in said if isinstance(each, PartEnd)} <= CODES | {"", "ignored"}


@few
@given(
    data=st.one_of(
        st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))
    )
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_here(data)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    # Recognition starts slowly on a busy machine.
    with Reader(limits=replace(LIMITS, seconds=60)) as reader:
        yield reader


@pytest.mark.parametrize("kind", sorted(good.binaries()))
@few
@given(steps=changes())
def test_changed_binaries_are_read_or_refused(
    kind: str,
    reader: Reader,
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, float, float, bytes]],
) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / "changed"
    path.write_bytes(change(good.binaries()[kind], steps))
    try:
        layout = reader.read(path, filename="a")
    except DocumentError as error:
        assert error.code in CODES | {"out_of_memory"}, error
        return
    assert isinstance(layout, Layout)
