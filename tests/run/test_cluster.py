"""What is said of a cluster and how outcomes are merged on it, without any cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from xentcli.errors import DataError, UsageError
from xentcli.options.asked import Asked
from xentcli.options.input import Samples
from xentcli.options.output import Output, Running
from xentcli.readers.interface import Chunk, RowBatch, RowGroup, Span, WholeText
from xentcli.run import cluster, workers
from xentcli.run.chunk import Outcome
from xentcli.run.order import FinishedChunk, Task


class Done:
    """A future that is done."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def done(self) -> bool:
        """It is."""
        return True

    def result(self, timeout: float | None = None) -> Any:
        """What it came to; its error is raised."""
        if isinstance(self.value, Exception):
            raise self.value
        return self.value

    def release(self) -> None:
        """Nothing has to be let go."""


class Client:
    """Does at once what it is asked for, in this process; ``workers`` is how many it says there
    are."""

    def __init__(self, workers: int = 1) -> None:
        self.scheduler = self
        self.address = "tcp://there:8786"
        self.status = "running"
        self.workers = workers

    def nthreads(self) -> dict[str, int]:
        """The threads of each worker."""
        return dict.fromkeys(map(str, range(self.workers)), 1)

    def submit(self, function: Callable[..., Any], *given: Any, **_: Any) -> Done:
        """The outcome of a call."""
        values = [one.value if isinstance(one, Done) else one for one in given]
        return Done(function(*values))


def joined(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcomes' rows, one after the other; it never has many of them."""
    assert 1 <= len(outcomes) <= cluster.FAN_IN
    return Outcome(b"".join(bytes(one.text) for one in outcomes))


@pytest.mark.parametrize("count", [1, 2, 16, 17, 256, 257, 272, 273, 4096, 4097])
def test_however_many_outcomes_come_out_in_their_order(count: int) -> None:
    tree = cluster.Tree(Client(), joined)
    for number in range(count):
        chunk = Chunk(number, 0, 0, b"")
        facts = cluster.Extent(0, 0, 0)
        tree.add(Done(Outcome(b"%d," % number)), FinishedChunk(chunk, chunk, facts))
    assert tree.root().value.text == b"".join(b"%d," % number for number in range(count))


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (Span("a.csv", 5, 80, (90, 1)), "a.csv: bytes 5 to 80"),
        (RowGroup("a.parquet", None, 3), "a.parquet: row group 3"),
        (RowGroup("a.arrow", None, None), "a.arrow"),
        (WholeText("https://me:secret@there/a.csv.gz", None, 9, 0, None), "https://there/a.csv.gz"),
        (RowBatch(b""), "given.csv: partition 7"),
    ],
)
def test_a_partition_that_no_worker_finishes_is_named(data: Any, place: str) -> None:
    submitted = cluster.Partitions(Client(), Task(len), "given.csv")
    with pytest.raises(cluster.PartitionLost) as caught:
        submitted.result(Done(ValueError("so\nand so")), Chunk(7, 0, 0, data))
    assert str(caught.value.place) == place
    assert caught.value.message == "no worker could finish it (ValueError: so)"


def test_an_error_without_words_is_called_by_its_name() -> None:
    submitted = cluster.Partitions(Client(), Task(len), "given.csv")
    with pytest.raises(cluster.PartitionLost, match=r"no worker could finish it \(KeyError\)"):
        submitted.result(Done(KeyError()), Chunk(7, 0, 0, b""))


def test_that_there_is_no_worker_is_said_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    client = Client(workers=0)
    submitted = cluster.Partitions(client, Task(len), "given.csv")
    message = "xent: tcp://there:8786 has no workers any more; waiting for the next\n"
    for count, said in [(0, message), (0, ""), (1, ""), (0, message)]:
        client.workers = count
        submitted._check_cluster()
        assert capsys.readouterr().err == said
    client.status = "closed"
    with pytest.raises(cluster.PartitionLost, match=cluster.GONE):
        submitted._check_cluster()


def test_that_there_are_no_workers_yet_is_said_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client, made = Client(workers=0), list[cluster.Partitions]()

    @contextmanager
    def connected(scheduler: str, jobs: int) -> Iterator[Client]:
        yield client

    class Watched(cluster.Partitions):
        def __init__(self, *given: Any, **options: Any) -> None:
            super().__init__(*given, **options)
            made.append(self)

    monkeypatch.setattr(cluster, "connect", connected)
    monkeypatch.setattr(cluster, "Partitions", Watched)
    chunks: Any = type("Chunks", (), {"partitions": lambda self, size: iter(())})()
    opened: Any = type("Opened", (), {"chunks": chunks, "source": "given.csv"})()
    asked = Asked("ce", Samples(), Output(), running=Running(scheduler=client.address))
    with workers.start_workers(asked) as run:
        assert list(run(Task(without_rows), opened, lambda *_: None)) == []
        (partitions,) = made
        yet = "xent: tcp://there:8786 has no workers yet; waiting for the first\n"
        more = "xent: tcp://there:8786 has no workers any more; waiting for the next\n"
        for count, said in [(0, yet), (1, ""), (0, more)]:
            client.workers = count
            partitions._check_cluster()
            assert capsys.readouterr().err == said


def without_rows(chunk: Chunk) -> Outcome:
    """An outcome of nothing."""
    return Outcome()


def test_a_connection_that_breaks_means_that_the_scheduler_is_gone() -> None:
    class Chunks:
        def partitions(self, size: int) -> Iterator[Chunk]:
            yield Chunk(0, 0, 0, b"")
            raise ConnectionResetError

    opened: Any = type("Opened", (), {"chunks": Chunks(), "source": "given.csv"})()
    client = Client()
    with pytest.raises(cluster.PartitionLost) as caught:
        list(cluster.run_task(client, Task(without_rows), opened, lambda *_: None))
    assert (caught.value.message, str(caught.value.place)) == (cluster.GONE, client.address)


def test_a_worker_of_another_version_refuses_the_work() -> None:
    with pytest.raises(cluster.PartitionLost, match=r"the client has 0\.0\.0"):
        cluster._do_work("0.0.0", b"", b"")


@pytest.mark.parametrize("address", ["me:secret@there:8786", "tcp:me:secret@there:8786"])
def test_an_address_with_a_password_is_not_shown(address: str) -> None:
    with pytest.raises(UsageError) as caught, cluster.connect(address, 1):
        pass
    assert "was given with a user's name, a password or a query" in caught.value.message
    assert "secret" not in caught.value.message
    assert "there:8786" in caught.value.message


def test_a_cluster_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")

    @contextmanager
    def no_more(jobs: int) -> Iterator[Any]:
        raise OSError(24, "Too many open files")
        yield

    monkeypatch.setattr(cluster, "_start_cluster", no_more)
    with (
        pytest.raises(DataError, match="no cluster can be started here"),
        cluster.connect("local", 1),
    ):
        pass


def test_a_cluster_without_workers_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def connected(scheduler: str, jobs: int) -> Iterator[Client]:
        yield Client(workers=0)

    monkeypatch.setattr(cluster, "connect", connected)
    asked = Asked("ce", Samples(), Output(), running=Running(scheduler="tcp://there:8786"))
    with workers.start_workers(asked):
        pass
    said = capsys.readouterr().err
    assert said == "xent: tcp://there:8786 has no workers yet; waiting for the first\n"
