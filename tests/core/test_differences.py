"""Central differences of a loss, against its derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from xentcli import softmax
from xentcli.core.differences import central_differences


@pytest.mark.parametrize("temperature", [1.0, 2.0, 0.7])
def test_first_and_second_derivatives_of_a_cross_entropy(temperature: float) -> None:
    logits, target = np.array([0.5, -1.0, 2.0]), np.array([0.25, 0.25, 0.5])
    found = central_differences(logits, target, temperature)
    probs = softmax(logits, temperature=temperature)
    np.testing.assert_allclose(found.first, (probs - target) / temperature, rtol=1e-10)
    np.testing.assert_allclose(found.second, probs * (1 - probs) / temperature, rtol=1e-4)
