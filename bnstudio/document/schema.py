"""Makes the JSON Schema of the file format from the document's own classes.

``python -m bnstudio.document.schema`` writes it into the resources; editors and other programs can check
files with it.
"""

from __future__ import annotations

import json
from typing import Any

from bnstudio.document.experiment import MAX_PARAMETERS, Experiment
from bnstudio.document.storage import VERSION
from bnstudio.resources import resource_path

_ALWAYS_THERE = {"format", "version", "type", "scheme"}
"""Keys that have a default in Python, where the class says what they are, but none in a file."""


def experiment_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a ``.bnstudio`` file."""
    schema = Experiment.model_json_schema()
    for part in (schema, *schema["$defs"].values()):
        del part["description"]  # meant for readers of the Python code
        required = _ALWAYS_THERE.union(part.get("required", ()))
        part["required"] = [key for key in part["properties"] if key in required]
        for key in _ALWAYS_THERE.intersection(part["properties"]):
            del part["properties"][key]["default"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": f"bnstudio experiment, version {VERSION}",
        "description": "Besides what is said here, the names of the models differ, ignoring case, and are "
        f"usable as names of folders, and all models together have at most {MAX_PARAMETERS:,} parameters.",
    }


def schema_text() -> str:
    """Return the content of the schema's file."""
    return json.dumps(experiment_schema(), indent=2) + "\n"


def schema_name() -> str:
    """Return the name of the schema's file in its folder of the resources."""
    return f"bnstudio-{VERSION}.schema.json"


if __name__ == "__main__":
    (resource_path("schema") / schema_name()).write_text(schema_text(), encoding="utf-8", newline="\n")
