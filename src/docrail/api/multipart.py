"""A multipart form as it comes, block by block: files to disk, the few short fields to memory."""

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from docrail.bootstrap import Program
from docrail.core.errors import InvalidInput
from docrail.store.incoming import Incoming
from docrail.usecases.intake import incoming, too_large
from docrail.usecases.opening import Arrived, arrive

MOST_FILES = 10_000
MOST_PARTS = MOST_FILES + 100
LONGEST_FIELD = 1_000_000
LONGEST_HEADERS = 16_384
FIELDS = ("metadata", "batch_id", "schema", "schema_id", "document_id", "name")


class Form:
    """Write the body into it; `files` are those of the parts named `files`, in order, `fields` the known others.

    Raises InvalidInput for a body that is no form or has too much in it.
    """

    def __init__(self, program: Program, boundary: bytes) -> None:
        self.files: list[Arrived] = []
        self.fields: dict[str, str] = {}
        self._program = program
        self._limit = program.settings.max_file_mb * 1_000_000
        self._parts = -1
        self._is_over = False
        self._file: Incoming | None = None
        self._begin()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._over,
            },
        )

    def write(self, block: bytes) -> None:
        """The next bytes of the body."""
        try:
            self._parser.write(block)
        except FormParserError as error:
            raise InvalidInput(f"the body is no multipart form: {error}") from error

    def finish(self) -> None:
        """The body has ended."""
        if not self._is_over:
            raise InvalidInput("the body ended in the middle: the last boundary is missing")

    def abandon(self) -> None:
        """Leave nothing behind of the file that was being received."""
        if self._file is not None:
            self._file.discard()
            self._file = None

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise InvalidInput(f"at most {MOST_FILES:,} files at once: send the others with another request")
        self._header_bytes = 0
        self._name, self._value, self._disposition = bytearray(), bytearray(), b""
        self._field: str | None = None
        self._text = bytearray()
        self._file = None
        self._filename: str | None = None

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]
        self._check_headers(end - start)

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._check_headers(end - start)

    def _check_headers(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > LONGEST_HEADERS:
            raise InvalidInput(f"the headers of a part are longer than {LONGEST_HEADERS:,} bytes")

    def _header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._name, self._value = bytearray(), bytearray()

    def _headers_finished(self) -> None:
        _kind, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", errors="replace")
        if name == "files" and b"filename" in options:
            self._filename = options[b"filename"].decode("utf-8", errors="replace")
            self._file = incoming(self._program)
        elif name in FIELDS:
            self._field = name

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            if self._file.size_bytes + end - start > self._limit:
                self._file.discard()
                self._file = None
            else:
                self._file.write(data[start:end])
        elif self._field is not None:
            self._text += data[start:end]
            if len(self._text) > LONGEST_FIELD:
                raise InvalidInput(f"`{self._field}` is longer than {LONGEST_FIELD:,} bytes")

    def _end(self) -> None:
        if self._filename is not None:
            self.files.append(self._arrived(self._filename))
            self._file, self._filename = None, None
        elif self._field is not None:
            self.fields[self._field] = self._text.decode("utf-8", errors="replace")

    def _arrived(self, filename: str) -> Arrived:
        if self._file is None:
            return arrive(filename, origin=filename, refusal=too_large(self._limit))
        return arrive(filename, origin=filename, spooled=self._file.finish())

    def _over(self) -> None:
        self._is_over = True
