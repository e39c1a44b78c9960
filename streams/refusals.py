"""Refusals: why a record is no message, in words that name the field, the value and the cure.

Turns what msgspec raises into UndecodableRecord. Runs only for records that are refused, so it
reads them once more, loosely, to quote the value that was found.
"""

from __future__ import annotations

import re
import reprlib
from typing import Final

import msgspec

from models.errors import UndecodableRecord

_LONGEST_QUOTE: Final = 100  # characters of a record that may appear in headers and logs

_PLACE: Final = re.compile(r" - at (?:`key` in )?`\$((?:\.\w+|\[\d+\]|\[\.\.\.\])*)`$")
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")
_MISSING: Final = re.compile(r"Object missing required field `(\w+)`")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)

# For complaints whose text does not say what would be right: by field, then by complaint.
_CURES: Final = {
    "specversion": 'write "1.0"',
    "datacontenttype": 'write "application/json"',
    "currency": "write an ISO 4217 code in capitals, such as KRW",
    "Integer value out of range": "write an integer of at most 2**53",
    "Invalid RFC3339 encoded datetime": "write a time like 2026-03-02T10:00:00Z",
}
_excerpt = reprlib.Repr()
_excerpt.maxstring = _excerpt.maxother = _LONGEST_QUOTE - 20  # 30 would show little of a record

_CORRECT: Final = "correct it where it is written"


def refusal(error: ValueError | RecursionError, value: bytes, at: str = "$") -> UndecodableRecord:
    """Say what is wrong with `value`, given what reading the part `at` of it raised."""
    match error:
        case msgspec.ValidationError():
            return _invalid(str(error), value, at)
        case RecursionError():
            return UndecodableRecord(at, "nested too deeply to be read", "write flat data")
        case UnicodeDecodeError():
            return UndecodableRecord(at, "text that is not UTF-8", "write JSON in UTF-8")
        case msgspec.DecodeError():
            reason = f"{error}, in {_quoted(value)}"
            return UndecodableRecord(at, reason, "write one CloudEvents 1.0 event as JSON")
        case _:
            return UndecodableRecord(at, _cut(str(error)), _CORRECT)


def _invalid(text: str, value: bytes, at: str) -> UndecodableRecord:
    place = _PLACE.search(text)
    complaint = text[: place.start()] if place else text
    field = at + place[1] if place else at
    if missing := _MISSING.fullmatch(complaint):
        return UndecodableRecord(f"{field}.{missing[1]}", "missing", "write it")
    if unknown := _UNKNOWN.fullmatch(complaint):
        cure = "leave it out, or write the dataversion that has it"
        return UndecodableRecord(f"{field}.{_cut(unknown[1])}", "unknown field", cure)
    return UndecodableRecord(field, f"found {_found(value, field)}", _cure(field, complaint))


def _cure(field: str, complaint: str) -> str:
    if complaint.startswith("Expected "):
        return "write " + complaint.removeprefix("Expected ").partition(", got ")[0]
    name = field.rpartition(".")[2]
    return _CURES.get(name) or _CURES.get(complaint) or f"{_CORRECT}: {_cut(complaint)}"


def _found(value: bytes, field: str) -> str:
    try:
        part = msgspec.json.decode(value)
        for name, index in _STEP.findall(field):
            part = part[name] if name else part[int(index)]
        return _quoted(part)
    except (ValueError, RecursionError, LookupError, TypeError):
        return "a value that cannot be shown"  # what follows it is no JSON, or it has no one place


def _quoted(part: object) -> str:
    return _cut(_excerpt.repr(part))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"
