"""`tools/call` requests, made a thousand at a time at next to no cost.

All requests of a run have the same width. Within a block the last three digits of every id never
change; of the others only single columns are rewritten, each by one strided assignment.
"""

import msgspec

BLOCK = 1_000
DIGITS = 8
SHARED = 10**7
"""What calls with the same arguments carry in place of `{n}`. Ids begin a block later."""

PLACEHOLDER = b"{n}"
_HEAD = b'{"jsonrpc":"2.0","id":'


class RequestBlocks:
    """An endless supply of requests with ids one apart.

    *params* is the text of the JSON `params`; each `{n}` in it becomes an eight-digit number: the
    call's own id for the *distinct* share of the calls, `SHARED` for the others. With *keys*, a power
    of ten up to 10**7, it is one of so many instead: each once, and then all of them again, neighbours
    far apart. *width* pads every request with spaces up to that many bytes. *first_id* is a multiple of
    `BLOCK`.
    """

    def __init__(
        self,
        params: bytes,
        distinct: float = 0.0,
        width: int = 0,
        first_id: int = SHARED + BLOCK,
        keys: int = 0,
    ) -> None:
        line, columns = _template(params)
        line = line.ljust(width - 1) + b"\n"
        self.width = len(line)
        self.taken = 0
        self.first_id = first_id
        self._id_column, *self._number_columns = columns
        self._distinct = int.from_bytes(_spread(distinct))
        self._key_digits = len(str(keys)) - 1 if keys else 0
        assert not keys or keys == 10**self._key_digits <= 10**7, keys
        self._block = bytearray(line * BLOCK)
        self._write_digits(range(DIGITS), SHARED)
        self._write_keys(range(3), 0)
        self._ready = b""
        self._offset = 0
        self._next_id = first_id

    def take(self, count: int) -> bytes:
        """Return the next *count* requests, joined."""
        wanted = count * self.width
        end = self._offset + wanted
        out = self._ready[self._offset : end]
        self._offset = end
        while len(out) < wanted:
            self._ready = self._next_block()
            self._offset = wanted - len(out)
            out += self._ready[: self._offset]
        self.taken += count
        return out

    def _next_block(self) -> bytes:
        self._write_digits(range(DIGITS - 3), self._next_id)
        self._write_keys(range(3, DIGITS), self._next_id - self.first_id)
        self._next_id += BLOCK
        return bytes(self._block)

    def _write_digits(self, digits: range, first: int) -> None:
        """Write those *digits* of the numbers from *first* on into every request of the block."""
        for digit in digits:
            column = _digit_column(first, digit)
            self._write_column(self._id_column + digit, column)
            for start in () if self._key_digits else self._number_columns:
                self._write_column(start + digit, self._or_shared(column, digit))

    def _write_keys(self, places: range, first: int) -> None:
        """Write the digits at those *places* of the keys, which are the numbers from *first* on, mirrored.

        The digit that changes with every call is the first one of a key. So neighbours are far apart, also
        in the memory of a server that has met them in their order.
        """
        for place in places[: max(0, self._key_digits - places.start)]:
            column = _digit_column(SHARED + first % SHARED, DIGITS - 1 - place)
            for start in self._number_columns:
                self._write_column(start + DIGITS - self._key_digits + place, column)

    def _or_shared(self, column: bytes, digit: int) -> bytes:
        """Return *column* with the shared number's digit in the rows that are not distinct."""
        shared = int.from_bytes((b"%d" % SHARED)[digit : digit + 1] * BLOCK)
        mixed = int.from_bytes(column) & self._distinct | shared & ~self._distinct
        return mixed.to_bytes(BLOCK)

    def _write_column(self, offset: int, column: bytes) -> None:
        self._block[offset :: self.width] = column


def call_params(tool: str, arguments: str, extra: dict[str, object]) -> bytes:
    """Return the text of a call's `params`. *arguments* is a JSON object, with or without `{n}`.

    Raises: ValueError when *arguments* is not a JSON object once `{n}` is a number.
    """
    text = arguments.encode().replace(b"\r", b" ").replace(b"\n", b" ")
    msgspec.json.decode(text.replace(PLACEHOLDER, b"%d" % SHARED), type=dict[str, object])
    members = [b'"name":' + msgspec.json.encode(tool), b'"arguments":' + text]
    members += [msgspec.json.encode(key) + b":" + msgspec.json.encode(extra[key]) for key in extra]
    return b"{" + b",".join(members) + b"}"


def _template(params: bytes) -> tuple[bytes, list[int]]:
    """Return the request without its end, and where eight digits belong: the id first."""
    pieces = params.split(PLACEHOLDER)
    pieces[0] = b',"method":"tools/call","params":' + pieces[0]
    pieces[-1] += b"}"
    line, columns = _HEAD, list[int]()
    for piece in pieces:
        columns.append(len(line))
        line += b"%d" % SHARED + piece
    return line, columns


def _spread(share: float) -> bytes:
    """Return a mask of the rows of a block that are distinct, spread evenly."""
    count = round(share * BLOCK)
    rows = range(BLOCK)
    return bytes(255 * ((row + 1) * count // BLOCK - row * count // BLOCK) for row in rows)


def _digit_column(first: int, digit: int) -> bytes:
    """Return one digit of the `BLOCK` numbers from *first* on; *first* is a multiple of `BLOCK`."""
    if digit < DIGITS - 3:
        return (b"%d" % first)[digit : digit + 1] * BLOCK
    return bytes((b"%03d" % row)[digit - DIGITS + 3] for row in range(BLOCK))
