"""The cluster that the tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.clusters import Cluster, started


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers with one thread each, that read a partition in several blocks."""
    with started(tmp_path_factory.mktemp("cluster"), env={"XENT_BLOCK_BYTES": "80"}) as found:
        yield found
