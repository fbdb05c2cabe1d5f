"""Makes hostile files out of good ones: bytes and values that are changed, cut, moved, repeated or huge.

All chance comes from a `random.Random` that is handed in, so that a file can be made again, and hypothesis
can be the one that chooses.
"""

import json
from random import Random
from typing import Any

_RAW = "@@raw@@"
_DEEP = 2_000

TOKENS = (
    *("null", "true", "false", "0", "-0", "-1", "1", "2", "1.0", "30.5", "1e0", "[]", "{}", '""'),
    *("NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e-400", "1e" + "9" * 1_000, "1E+5"),
    *("1000000000", "1000000000000", "4294967296", "18446744073709551616", "9" * 400),
    *("9" * 4_300, "-" + "9" * 5_000, "9" * 100_000, "0." + "1" * 100_000, "1" + "0" * 10_000 + "e-10000"),
    *('"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\x00"', '"\x9b2J\x1b[2J"', '"\u202egnp"', '"\u2028"'),
    *('"30"', '"' + "x" * 100_000 + '"', '"../../x"', '"/dev/zero"', '"CON"', '"<img src=/dev/zero>"'),
    *("[" * _DEEP, "[" * _DEEP + "]" * _DEEP, "[" * 150 + "]" * 150, '{"a":' * 800 + "0" + "}" * 800),
    *("[" + "0," * 20_000 + "0]", "[" + "{}," * 20_000 + "{}]", '{"a":0,"a":1}', "[0,[0,[0,[0]]]]"),
    "{" + ",".join(f'"{i}":0' for i in range(20_000)) + "}",
    *("01", "1_000", "0x10", "'a'", "undefined", "//", "\ufeff0", "1 2", ",", "]", '"'),
)
"""JSON, or nearly, to stand where a value stands."""


def changed_bytes(random: Random, content: bytes, other: bytes = b"") -> bytes:
    """Change, cut, move or repeat a few bytes, or splice in a piece of `other`."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 4, 16))):
        start = random.randint(0, len(changed))
        end = min(len(changed), start + random.choice((0, 1, 2, 4, 16, len(changed))))
        match random.randrange(7):
            case 0 if changed:
                changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
            case 1:
                changed[start:end] = random.randbytes(random.choice((0, 1, 4, 8)))
            case 2:
                del changed[start:]
            case 3:
                changed[start:start] = changed[start:end] * random.choice((1, 2, 100))
            case 4:
                first = random.randint(0, len(other))
                changed[start:end] = other[first : first + random.choice((1, 8, 100, len(other)))]
            case 5:
                changed[start:end] = random.choice((b"\0", b"\xff", b"\x80\0\0\0", b"\x7f\xff\xff\xff")) * 2
            case _:
                piece = bytes(changed[start:end])
                del changed[start:end]
                place = random.randint(0, len(changed))
                changed[place:place] = piece
        del changed[2_000_000:]
    return bytes(changed)


def changed_json(random: Random, value: Any) -> str:
    """Change a few values of a JSON document, or its keys, or say some of them twice; return its text."""
    value = json.loads(json.dumps(value))
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        value = _changed_value(random, value)
    token = random.choice(TOKENS)
    if random.random() < 0.1 and isinstance(value, dict) and value:
        # The same key again, in one of the objects.
        token = f'{token}, "{random.choice(list(value))}": {token}'
    text = json.dumps(value, ensure_ascii=random.random() < 0.5).replace(f'"{_RAW}"', token, 100)
    return text if random.random() < 0.95 else random.choice(("\ufeff", "\ufeff\ufeff", " ", "\0")) + text


def encoded(random: Random, text: str) -> bytes:
    """Return a text in UTF-8, seldom in another encoding; half characters stay half."""
    encoding = random.choice(("utf-8",) * 18 + ("utf-16", "utf-32"))
    return text.encode(encoding, "surrogatepass")


def _changed_value(random: Random, document: Any) -> Any:
    places = _places(document)
    inside, key = random.choice(places)
    if inside is None:
        return _RAW if random.random() < 0.1 else document
    match random.randrange(6):
        case 0 | 1:
            inside[key] = _RAW
        case 2:
            del inside[key]
        case 3:
            other, other_key = random.choice(places)
            # A copy, for a document that holds itself has no text.
            copy = json.loads(json.dumps(document if other is None else other[other_key]))
            inside[key] = copy if len(json.dumps(copy)) < 100_000 else _RAW
        case 4 if isinstance(inside, dict):
            name = random.choice(("", "a", "é", "\0", "a b", "__class__", "x" * 1_000, "type", "\ud800"))
            inside[name] = inside.pop(key) if random.random() < 0.5 else _RAW
        case 4 | 5 if isinstance(inside, list):
            inside[:] = inside * random.choice((2, 3, 100)) if len(inside) < 1_000 else []
        case _:
            inside[key] = [inside[key]] if random.random() < 0.5 else {"a": inside[key]}
    return document


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return each place in a document as what it stands in and its key there; the whole is (None, None)."""
    places: list[tuple[Any, Any]] = [(None, None)]
    waiting = [value] if isinstance(value, dict | list) else []
    while waiting:
        inside = waiting.pop()
        keys = list(inside) if isinstance(inside, dict) else range(len(inside))
        for key in keys:
            places.append((inside, key))
            if isinstance(inside[key], dict | list):
                waiting.append(inside[key])
    return places
