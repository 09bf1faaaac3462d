"""Runs the work on a Dask cluster: the same work as on this machine, on partitions of the input.
Dask decides which worker does what, and repeats what a lost worker had."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain
from typing import Any
from uuid import uuid4

from xentcli import __version__
from xentcli.errors import DataError, Place, UsageError, XentError, escaped, quoted
from xentcli.model import NamedTuple
from xentcli.readers.interface import Chunk, Opened, RowGroup, Span, WholeText
from xentcli.readers.sources.limits import limit_from_environment
from xentcli.readers.sources.urls import conceal_secrets, is_url, without_secrets
from xentcli.run import messages, signals
from xentcli.run.chunk import Outcome
from xentcli.run.order import FinishedChunk, Result, Task, Wait, offsets, share_work, shift_outcome

# Dask is imported where it is used, and typed in part only.
Client = Any
Future = Any

LOCAL = "local"
CONNECT_SECONDS = 10
# Large enough that the few milliseconds of overhead of a Dask task do not matter, small enough for
# the memory of any worker.
PARTITION_BYTES = 64 << 20
# A worker merges so many outcomes into one, and so on, until one is left that is sent here.
FAN_IN = 16
# While a result is waited for, the scheduler and the workers are checked every so many seconds.
PATIENCE = 5.0
ADDRESSES = "tcp://host:8786, or local for a cluster on this machine"
GONE = "the scheduler is gone"
# Dask's loggers, each of which has a level and a handler of its own. They are silenced, as what
# goes wrong is said in a sentence of our own.
LOGGERS = ("distributed", "distributed.client", "tornado", "tornado.application", "asyncio")


class PartitionLost(XentError):
    """A partition that no worker could finish, though nothing is wrong with the data."""


class Extent(NamedTuple):
    """How large a partition was. The sample and line numbers of the next one are counted on from
    it.
    """

    samples: int
    lines: int
    size: int


@contextmanager
def connect(scheduler: str, jobs: int) -> Iterator[Client]:
    """Connect to the cluster with that scheduler. ``local`` starts a cluster on this machine, which
    ends with the client."""
    # Also of what is no URL, as where tcp:// was forgotten.
    concealed = conceal_secrets(scheduler).rpartition("@")[2]
    if concealed != scheduler:
        raise UsageError(
            f"--scheduler: {quoted(concealed)} was given with a user's name, a password "
            "or a query, and the address of a scheduler has none",
            hint=ADDRESSES,
        )
    _check_installed()
    from distributed import Client

    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with ExitStack() as stack:
        address: Any = scheduler
        if scheduler == LOCAL:
            try:
                address = stack.enter_context(_start_cluster(jobs))
            except OSError as error:
                reason = _first_line(error)
                raise DataError(f"no cluster can be started here ({reason})") from None
        try:
            client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        # What Dask says of tls:// where no certificates are configured is a TypeError.
        except (ValueError, TypeError) as error:
            raise UsageError(
                f"--scheduler: cannot connect to {quoted(scheduler)} ({_first_line(error)})",
                hint=ADDRESSES,
            ) from None
        except OSError:
            raise DataError(
                f"no Dask scheduler answered within {CONNECT_SECONDS} seconds",
                place=Place(scheduler),
                hint="is it running there? dask scheduler prints its address",
            ) from None
        stack.callback(_close, client)
        _check_workers(client, scheduler)
        yield client


@contextmanager
def _start_cluster(jobs: int) -> Iterator[Any]:
    """Start a cluster on this machine, and close it afterwards."""
    from distributed import LocalCluster

    signals.start_tracker()
    # A signal has to wait until all processes that were started are known, so that they can be
    # ended. The workers never receive it: Ctrl-C and a hangup are sent to all processes of a
    # terminal, and when they end is up to this one.
    with ExitStack() as stack:
        with signals.hold():
            cluster = stack.enter_context(
                LocalCluster(
                    n_workers=jobs,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    # With None, Dask takes a fixed port, and warns if that is in use.
                    dashboard_address="127.0.0.1:0",
                    scheduler_kwargs={"dashboard": False},
                    silence_logs=logging.CRITICAL + 1,
                )
            )
        yield cluster


def _check_installed() -> None:
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise UsageError(
            "--scheduler needs the packages dask and distributed",
            hint="pip install 'xentcli[cluster]'",
        ) from None


def _close(client: Client) -> None:
    # Closing fails if the scheduler is gone.
    with suppress(Exception):
        client.close(timeout=CONNECT_SECONDS)


def _check_workers(client: Client, scheduler: str) -> None:
    """Refuse workers without xentcli, or with another version of it."""
    for worker, version in client.run(_version, on_error="return").items():
        if isinstance(version, Exception):
            raise DataError(
                f"its worker {worker} cannot run xentcli ({_first_line(version)})",
                place=Place(scheduler),
                hint=f"pip install xentcli=={__version__} where it runs",
            )
        if version != __version__:
            raise DataError(
                f"its worker {worker} has xentcli {version}, this is {__version__}",
                place=Place(scheduler),
                hint="answers are the same only of the same version",
            )


def _version() -> str:
    return __version__


def run_task(
    client: Client,
    task: Task[Result],
    opened: Opened,
    report: Callable[[int, int], None],
    *,
    said_to_wait: bool = False,
) -> Generator[FinishedChunk[Result]]:
    """Run a task over the partitions of an input, and yield their outcomes in order; or, where they
    can be merged, a single outcome of all. ``report`` is called for each partition.
    ``said_to_wait``: that there are no workers yet has been printed."""
    partitions = opened.chunks.partitions(partition_bytes())
    chunks = opened.chunks.in_order() if partitions is None else partitions
    on_cluster = Partitions(client, task, opened.source, said_to_wait=said_to_wait)
    ahead = 2 * max(1, sum(client.nthreads().values())) + 2
    finished = share_work(on_cluster.submit_again, chunks, on_cluster.submit, ahead)
    tree = None
    # The scheduler keeps what was sent to it for as long as another task depends on it. With chunks
    # that carry their bytes that would be the whole input, so these are not merged on the workers.
    if task.merge is not None and partitions is not None:
        tree = Tree(client, task.merge)
    last: FinishedChunk[Extent] | None = None
    try:
        for done in finished:
            report(done.outcome.samples, done.outcome.size)
            future = on_cluster.take(done.submitted)
            if tree is None:
                outcome = on_cluster.result(future, done.submitted)
                yield FinishedChunk(done.submitted, done.chunk, outcome)
            else:
                tree.add(future, done)
                last = done
        if tree is not None and last is not None:
            # Its sample and line numbers are final already: no offset is added for this chunk.
            outcome = on_cluster.result(tree.root(), last.submitted)
            yield FinishedChunk(last.chunk, last.chunk, outcome)
    except OSError:
        # Dask raises this where the connection breaks.
        raise on_cluster.scheduler_lost() from None
    finally:
        on_cluster.release()


def partition_bytes() -> int:
    """How many bytes of a text a worker reads at a time."""
    return limit_from_environment("XENT_PARTITION_BYTES", PARTITION_BYTES)


class Partitions:
    """The partitions on which the cluster is working."""

    def __init__(
        self, client: Client, task: Task[Any], source: str, *, said_to_wait: bool = False
    ) -> None:
        self._client = client
        self._source = source
        self._run = uuid4().hex
        self._count = 0
        self._futures: dict[int, tuple[Future, Future]] = {}
        self._address = client.scheduler.address
        self._said_to_wait = said_to_wait
        # The work is sent once, not with every partition: it may contain the labels of another
        # file.
        packed = pickle.dumps(task.work)
        self._work = client.submit(bytes, packed, key=f"xent-{self._run}-work", pure=False)

    def submit(self, chunk: Chunk) -> Wait[Extent]:
        """Submit a partition; return a function that waits until it is done and returns how large
        it was. Its outcome stays on the worker."""
        self._count += 1
        key = f"xent-{self._run}-{self._count}"
        # As bytes: Dask would search every list in an argument for futures.
        sent = pickle.dumps(_with_absolute_path(chunk))
        future = self._client.submit(_do_work, __version__, self._work, sent, key=key, pure=False)
        # Only the extent is sent here: the outcome may be large.
        extent = self._client.submit(_measure, future, key=f"{key}-extent", pure=False)
        self._futures[chunk.number] = future, extent
        return lambda: Extent(*self.result(extent, chunk))

    def submit_again(self, chunk: Chunk) -> Extent:
        """Submit a partition again, with the right first byte or numbers, and wait for it."""
        _release(*self._futures.pop(chunk.number))
        return self.submit(chunk)()

    def take(self, chunk: Chunk) -> Future:
        """Stop tracking a partition, and return the future of its outcome."""
        return self._futures.pop(chunk.number)[0]

    def result(self, future: Future, chunk: Chunk) -> Any:
        """Wait for a future and return its value; raise its failure as an error with a place."""
        try:
            while not future.done():
                try:
                    return future.result(timeout=PATIENCE)
                except TimeoutError:
                    self._check_cluster()
            return future.result()
        except XentError:
            raise
        except Exception as error:
            reason = _reason(error)
            if reason == GONE:
                raise self.scheduler_lost() from None
            raise PartitionLost(
                f"no worker could finish it ({reason})", place=self._place(chunk)
            ) from None

    def scheduler_lost(self) -> PartitionLost:
        """The error for a scheduler that does not answer any more."""
        return PartitionLost(GONE, place=Place(self._address))

    def _check_cluster(self) -> None:
        """Raise an error if the scheduler is gone. If there are no workers, print a message that
        the run waits for one, once."""
        if self._client.status != "running":
            raise self.scheduler_lost()
        if self._client.nthreads():
            self._said_to_wait = False
        elif not self._said_to_wait:
            messages.print_message(f"{self._address} has no workers any more; waiting for the next")
            self._said_to_wait = True

    def release(self) -> None:
        """Release all partitions that are under way. The cluster goes on."""
        _release(self._work, *chain(*self._futures.values()))

    def _place(self, chunk: Chunk) -> Place:
        data = chunk.data
        if isinstance(data, Span):
            return Place(without_secrets(data.path), detail=f"bytes {data.start} to {data.end}")
        if isinstance(data, RowGroup) and data.number is not None:
            return Place(without_secrets(data.path), detail=f"row group {data.number}")
        if isinstance(data, RowGroup | WholeText):
            return Place(without_secrets(data.path))
        return Place(self._source, detail=f"partition {chunk.number}")


def _release(*futures: Future) -> None:
    # The scheduler stops a task whose future has been released. Cancelling it would break the
    # scheduler (2026.8) if another task depends on it whose future has been released.
    for future in futures:
        future.release()


def _reason(error: Exception) -> str:
    if type(error).__name__ == "KilledWorker":
        return "the workers that took it came to a sudden end; was memory short?"
    if type(error).__name__ in ("CancelledError", "FutureCancelledError", "CommClosedError"):
        return GONE
    text = _first_line(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _first_line(error: Exception) -> str:
    return escaped(str(error).partition("\n")[0], 200)


class Tree:
    """Merges outcomes on the workers, ``FAN_IN`` at a time, so that neither the client nor a worker
    ever holds many of them."""

    def __init__(self, client: Client, merge: Callable[[Sequence[Any]], Any]) -> None:
        self._client = client
        self._merge = merge
        self._levels: list[list[Leaf]] = []

    def add(self, future: Future, done: FinishedChunk[Extent]) -> None:
        """Add the outcome of the next partition."""
        self._add_leaf(Leaf(future, *offsets(done)), 0)

    def root(self) -> Future:
        """Merge what is left, and return the future of the outcome of all partitions."""
        level = 0
        # Adding to the last level may make another one.
        while level < len(self._levels) - 1:
            self._add_leaf(Leaf(self._merge_leaves(self._levels[level])), level + 1)
            level += 1
        return self._merge_leaves(self._levels[level])

    def _add_leaf(self, leaf: Leaf, level: int) -> None:
        if level == len(self._levels):
            self._levels.append([])
        leaves = self._levels[level]
        if len(leaves) == FAN_IN:
            joined = Leaf(self._merge_leaves(leaves))
            leaves.clear()
            self._add_leaf(joined, level + 1)
        leaves.append(leaf)

    def _merge_leaves(self, leaves: Sequence[Leaf]) -> Future:
        further = [(leaf.samples, leaf.lines) for leaf in leaves]
        futures = [leaf.future for leaf in leaves]
        return self._client.submit(_merge_outcomes, self._merge, further, *futures, pure=False)


class Leaf(NamedTuple):
    """An outcome on a worker, and what has to be added to its sample and line numbers."""

    future: Future
    samples: int = 0
    lines: int = 0


def _with_absolute_path(chunk: Chunk) -> Chunk:
    """The chunk with absolute paths: a worker may run in another folder."""
    data = chunk.data
    if not isinstance(data, Span | WholeText | RowGroup) or is_url(data.path):
        return chunk
    return chunk._replace(data=data._replace(path=os.path.join(os.getcwd(), data.path)))


def _do_work(version: str, work: bytes, chunk: bytes) -> Any:
    # A worker may have joined the cluster after the versions of the others were checked.
    if version != __version__:
        raise PartitionLost(f"a worker has xentcli {__version__}, the client has {version}")
    return pickle.loads(work)(pickle.loads(chunk))


def _measure(outcome: Any) -> Extent:
    return Extent(outcome.samples, outcome.lines, outcome.size)


def _merge_outcomes(
    merge: Callable[[Sequence[Outcome]], Outcome],
    further: Sequence[tuple[int, int]],
    *outcomes: Outcome,
) -> Outcome:
    return merge(
        [shift_outcome(outcome, *by) for outcome, by in zip(outcomes, further, strict=True)]
    )
