"""The kinds of files that bnstudio reads: how hostile ones are made, how each is read and may be refused."""

import gzip
import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from bnstudio.data.datasets import Dataset
from bnstudio.data.idx import DataError, idx_header, read_idx
from bnstudio.document.experiment import BatchNormSpec, DenseSpec, SigmoidSpec
from bnstudio.document.presets import load_preset
from bnstudio.document.storage import StorageError, read_experiment, to_json, write_experiment
from bnstudio.study.job import train
from bnstudio.study.store import Store, StoreError, training_folder
from bnstudio.training.run_file import RunFileError, read_run, read_summary, write_run
from bnstudio.training.trainer import Trainer
from tests.fuzz.mutations import changed_bytes, changed_json, encoded


@dataclass(frozen=True)
class Kind:
    """A kind of file."""

    name: str
    """Of the file."""
    make: Callable[[Random], bytes]
    """A hostile one."""
    read: Callable[[Path], str]
    """Read one, check what comes out where it is accepted, and say in a word what became of it."""
    refusal: type[Exception]
    """The only exception that reading may raise; its text names the file."""


# Experiments.

ARTICLE = load_preset("article")
EXPERIMENT_TEXT = to_json(ARTICLE)
SMALL = ARTICLE.replaced(
    batch_size=20,
    models=tuple(
        model.replaced(layers=(DenseSpec(units=3), BatchNormSpec(), SigmoidSpec()))
        for model in ARTICLE.models[:2]
    ),
)
SMALL_TEXT = to_json(SMALL)


def hostile_experiment(random: Random) -> bytes:
    text = random.choice((EXPERIMENT_TEXT, SMALL_TEXT))
    if random.random() < 0.4:
        return changed_bytes(random, text.encode(), EXPERIMENT_TEXT.encode())
    return encoded(random, changed_json(random, json.loads(text)))


def read_any_experiment(path: Path) -> str:
    experiment = read_experiment(path)
    write_experiment(experiment, path)
    if read_experiment(path) != experiment:
        raise AssertionError("another experiment was read than was written")
    return "read"


# IDX files.

VALUES = np.arange(24, dtype=np.uint8).reshape(4, 3, 2)
IDX = idx_header(VALUES.shape) + VALUES.tobytes()


def hostile_idx(random: Random) -> bytes:
    match random.randrange(6):
        case 0:
            return changed_bytes(random, gzip.compress(IDX, mtime=0), IDX)
        case 1:  # a claim of any size
            header = struct.pack(
                ">4B3I", 0, 0, random.choice((8, 13)), 3, *random.choices((4, 2**32 - 1), k=3)
            )
            return gzip.compress(header + IDX[16:], mtime=0)
        case 2:  # much of it
            return gzip.compress(IDX + bytes(random.choice((1, 1_000, 20_000_000))), 1, mtime=0)
        case 3:  # blocks without content
            return _with_empty_blocks(random.choice((1, 1_000, 300_000)))
        case 4:  # several members
            return gzip.compress(IDX[:20], mtime=0) + gzip.compress(IDX[20:], mtime=0) * random.randint(1, 50)
    return gzip.compress(changed_bytes(random, IDX, IDX), mtime=0)


def _with_empty_blocks(n: int) -> bytes:
    """An IDX file in gzip, with `n` stored blocks of nothing before the one with the content."""
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    block = struct.pack("<BHH", 1, len(IDX), len(IDX) ^ 0xFFFF) + IDX
    return head + b"\0\0\0\xff\xff" * n + block + struct.pack("<2I", zlib.crc32(IDX), len(IDX))


def read_any_idx(path: Path) -> str:
    values = read_idx(path, VALUES.shape)
    if values.shape != VALUES.shape or values.dtype != np.uint8:
        raise AssertionError(f"read {values.dtype} {values.shape}")
    return "read"


# Results of the study.


def _tiny_dataset() -> Dataset:
    random = np.random.default_rng(5)
    images = random.integers(0, 256, (90, 784), dtype=np.uint8)
    labels = random.integers(0, 10, 90, dtype=np.uint8)
    return Dataset(images[:60], labels[:60], images[60:], labels[60:])


TRAINING = SMALL.replaced(models=SMALL.models[:1], epochs=250)


class Results:
    """Results in a folder, one good one of which was written by a training."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self.path = folder / training_folder(TRAINING) / "result.json"
        self.store.save(train(TRAINING, _tiny_dataset()))
        self.text = self.path.read_bytes()
        content = json.loads(self.text)
        # Long lists have no places of another kind than short ones, but take long to change.
        for name in ("losses", "accuracies", "evaluations"):
            content[name] = content[name][:3]
        self.content = content
        del self.content["sha256"]

    def make(self, random: Random) -> bytes:
        if random.random() < 0.3:
            return changed_bytes(random, self.text, self.text)
        text = changed_json(random, self.content)
        if random.random() < 0.8:
            text = _sealed(text)
        return encoded(random, text)

    def read(self, path: Path) -> str:
        self.path.write_bytes(path.read_bytes())
        result = self.store.load(TRAINING)
        if result is None:
            return "counted as missing"
        self.store.save(result)
        if self.store.load(TRAINING) is None:
            raise AssertionError("a result that was taken is not, once it was written again")
        return "read"


def _sealed(text: str) -> str:
    """Add the seal that makes bnstudio look further, where the text is JSON."""
    try:
        content = json.loads(text)
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    except (ValueError, RecursionError):
        return text
    return text.replace("{", f'{{"sha256": "{digest}", ', 1)


# Runs.


class Runs:
    """Hostile copies of the file of a training of two models."""

    def __init__(self, folder: Path) -> None:
        trainer = Trainer(SMALL, _tiny_dataset())
        for _ in range(7):
            trainer.advance()
        path = folder / "good.bnrun"
        write_run(trainer.state(), path)
        self.content = path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            self.members = {name: archive.read(name) for name in archive.namelist()}

    def make(self, random: Random) -> bytes:
        if random.random() < 0.3:
            return changed_bytes(random, self.content, self.content)
        members: list[tuple[str, bytes]] = list(self.members.items())
        for _ in range(random.choice((1, 1, 2))):
            self._change(random, members)
        return self._zipped(random, members)

    def _change(self, random: Random, members: list[tuple[str, bytes]]) -> None:
        i = 0 if not members else random.choice((0, 1, 1, random.randrange(len(members)))) % len(members)
        name, content = members[i] if members else ("", b"")
        match random.randrange(8):
            case 0 | 1 | 2 if name.endswith((".json", ".bnstudio")) and content == self.members[name]:
                members[i] = (name, encoded(random, changed_json(random, json.loads(content))))
            case 0 | 1 | 2 | 3 if members:
                members[i] = (name, changed_bytes(random, content, self.content))
            case 4 if members:
                del members[i]
            case 5:
                members.append((name, content))
            case 6 if members:
                members[i] = (
                    random.choice(("../../x", "/x", "x" * 60_000, "\0", "run.json", "C:x")),
                    content,
                )
            case _:
                members.append(
                    (f"{random.random()}.npy", random.choice((b"", b"\x93NUMPY\x01\x00", content)))
                )

    def _zipped(self, random: Random, members: list[tuple[str, bytes]]) -> bytes:
        packed = random.random() < 0.1
        file = BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
            for name, content in members:
                info = zipfile.ZipInfo(name or "x")
                info.compress_type = archive.compression
                _quietly(archive.writestr, info, content)
            if random.random() < 0.05:
                archive.comment = b"x" * random.choice((1, 60_000))
        content = file.getvalue()
        # Sizes and offsets that are not so, in the list at the end.
        start = content.rfind(b"PK\x01\x02")
        if random.random() < 0.3 and start > 0:
            tail = changed_bytes(random, content[start:], content[start:])
            content = content[:start] + tail
        return content

    @staticmethod
    def read(path: Path) -> str:
        training = read_run(path)
        if read_summary(path).step != training.step:
            raise AssertionError("the summary has another step than the run")
        write_run(training, path)
        if read_run(path).experiment != training.experiment:
            raise AssertionError("another experiment was read than was written")
        return "read"


def _quietly(action: Callable[..., Any], *arguments: Any) -> None:
    """Do without the warning that a name stands in the archive twice, which is what we want."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        action(*arguments)


EXPERIMENTS = Kind("mine.bnstudio", hostile_experiment, read_any_experiment, StorageError)
IDX_FILES = Kind("digits.gz", hostile_idx, read_any_idx, DataError)


def results(folder: Path) -> Kind:
    of_study = Results(folder)
    return Kind("result.json", of_study.make, of_study.read, StoreError)


def run_files(folder: Path) -> Kind:
    runs = Runs(folder)
    return Kind("mine.bnrun", runs.make, runs.read, RunFileError)
