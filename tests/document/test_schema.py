"""The JSON Schema that ships is the one of the code, and the error messages promise the same bounds."""

import json
import re
from typing import Any

from bnstudio.document.explanation import RIGHT
from bnstudio.document.schema import experiment_schema, schema_name
from bnstudio.resources import resource_path


def properties() -> dict[str, list[dict[str, Any]]]:
    schema = experiment_schema()
    found: dict[str, list[dict[str, Any]]] = {}
    for part in (schema, *schema["$defs"].values()):
        for key, value in part["properties"].items():
            found.setdefault(key, []).extend(value.get("anyOf", [value]))
    return found


def test_the_schema_that_ships_is_current() -> None:
    shipped = json.loads((resource_path("schema") / schema_name()).read_text(encoding="utf-8"))
    assert shipped == experiment_schema(), "write it anew: python -m bnstudio.document.schema"


def test_constants_that_tell_things_apart_are_required_and_unknown_keys_refused() -> None:
    schema = experiment_schema()
    assert schema["required"] == ["format", "version", "models"]
    assert schema["$defs"]["SigmoidSpec"]["required"] == ["type"]
    for part in (schema, *schema["$defs"].values()):
        assert part["additionalProperties"] is False


def test_error_messages_know_every_key() -> None:
    assert set(RIGHT) == set(properties())


def test_error_messages_promise_the_bounds_that_hold() -> None:
    for key, variants in properties().items():
        promised = {float(number.replace(",", "")) for number in re.findall(r"\d[\de,-]*", RIGHT[key])}
        bounds = ("minimum", "exclusiveMinimum", "maximum", "minItems", "maxItems", "minLength", "maxLength")
        hold = {variant[bound] for variant in variants for bound in bounds if bound in variant}
        constants = {variant.get("const") for variant in variants} - {None}
        if hold:
            assert promised == hold, key
        for constant in constants:
            assert json.dumps(constant) in RIGHT[key]
