"""The re-randomization test: outcomes, strata and order of entry held fixed, the arms drawn again.

Allocations are drawn as the trial drew its own: permuted blocks of the annex's sizes within strata, each
participant in the slot that was theirs. Before the opening the arms are dummies that fair coins chose, so fair
coins are drawn; nothing of the real allocation is needed. Source: Rosenberger, Uschner and Wang (2019),
Statistics in Medicine 38:1-12. Checked against the enumeration of a small trial.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from trialist.allocation import Annex
    from trialist.analysis.outcomes import Outcome
    from trialist.ledger import Event

    Truths = NDArray[np.bool_]
    Numbers = NDArray[np.float64]

_TIE = 1e-9
"""Statistics closer than this are equal: they differ by rounding only."""


@dataclass(frozen=True)
class Allocation:
    """How the arms came about: permuted blocks within strata.

    `ratio` is arm → share; `block_sizes` are equally likely; `slots` is participant → (stratum, ordinal from 1).
    """

    ratio: Mapping[str, int]
    block_sizes: tuple[int, ...]
    slots: Mapping[str, tuple[str, int]]

    @classmethod
    def used(cls, annex: Annex, events: Iterable[Event]) -> Allocation:
        """The allocation of a trial: the annex's parameters, the slots of the ledger's receipts."""
        slots = {
            event.stream.removeprefix("participant/"): (event.payload["stratum"], event.payload["ordinal"])
            for event in events
            if event.kind == "randomized"
        }
        return cls(dict(annex.ratio), annex.block_sizes, slots)

    def drawn(self, participants: Sequence[str], arm: str, draws: int, rng: np.random.Generator) -> Truths:
        """Who gets `arm` in each of so many allocations: draws by participants.

        Raises:
            LookupError: a participant has no slot.
        """
        import numpy as np

        found = np.zeros((draws, len(participants)), dtype=bool)
        places: dict[str, list[int]] = defaultdict(list)
        for place, name in enumerate(participants):
            places[self.slots[name][0]].append(place)
        for stratum in sorted(places):
            here = places[stratum]
            ordinals = np.array([self.slots[participants[place]][1] - 1 for place in here])
            sequences = self._sequences(arm, int(ordinals.max()) + 1, draws, rng)
            found[:, here] = sequences[:, ordinals]
        return found

    def _sequences(self, arm: str, length: int, draws: int, rng: np.random.Generator) -> Truths:
        """Sequences of whole blocks, cut at `length`: the block's size is drawn first, then its order.

        A random number added to the number of the block sorts every slot within its block.
        """
        import numpy as np

        sizes = rng.choice(np.array(self.block_sizes), (draws, math.ceil(length / min(self.block_sizes))))
        ends = sizes.cumsum(axis=1)
        slots = np.arange(length + max(self.block_sizes))
        block = (ends[:, None, :] <= slots[None, :, None]).sum(axis=2)
        inside = np.minimum(block, sizes.shape[1] - 1)
        size = np.take_along_axis(sizes, inside, axis=1)
        offset = slots - (np.take_along_axis(ends, inside, axis=1) - size)
        order = np.argsort(block + rng.random(block.shape), axis=1)
        laid = _laid(self.ratio, arm, offset, size)
        result = np.zeros_like(laid)
        np.put_along_axis(result, order, laid, axis=1)
        return result[:, :length]


def _laid(ratio: Mapping[str, int], arm: str, offset: NDArray[Any], size: NDArray[Any]) -> Truths:
    """Whether a place of an unshuffled block, arms in the ratio's order, holds the arm."""
    import numpy as np

    unit = sum(ratio.values())
    before = sum(share for name, share in list(ratio.items())[: list(ratio).index(arm)])
    times = size // unit
    result: Truths = np.asarray((offset >= before * times) & (offset < (before + ratio[arm]) * times))
    return result


def coins(participants: Sequence[str], draws: int, rng: np.random.Generator) -> Truths:
    """Fair coins: how dummy arms came about."""
    import numpy as np

    result: Truths = np.asarray(rng.integers(0, 2, (draws, len(participants)), dtype=np.int8) == 1)
    return result


def test(
    found: Sequence[Outcome],
    arms: tuple[str, str],
    allocation: Allocation | None,
    *,
    by: str,
    draws: int,
    seed: int,
    sided: int,
) -> dict[str, Any]:
    """The p-value of the signed Cochran-Mantel-Haenszel statistic among allocations drawn anew.

    Args:
        found: The outcomes, everything missing counted.
        arms: The first arm's response is the statistic's.
        allocation: How the arms came about; None for dummies.
        by: The strata that the statistic compares within: actual, as_randomized or none.
        draws: How many allocations.
        seed: Of NumPy's default generator (PCG64).
        sided: 1 counts only allocations that favor the first arm as much.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    names = [one.case.person.id for one in found]
    drawn = allocation.drawn(names, arms[0], draws, rng) if allocation else coins(names, draws, rng)
    response = np.array([bool(one.response) for one in found], dtype=float)
    strata = np.array([one.case.stratum_by(by) for one in found])
    actual = np.array([[one.case.arm == arms[0] for one in found]])
    (seen,) = statistics(actual, response, strata)
    others = statistics(drawn, response, strata)
    beyond = np.abs(others) >= abs(seen) - _TIE if sided == 2 else others >= seen - _TIE
    p = (1 + int(beyond.sum())) / (1 + draws)
    return {
        "p": p,
        "statistic": float(seen),
        "method": "re-randomization",
        "draws": draws,
        "seed": seed,
        "error": math.sqrt(p * (1 - p) / draws),
        "design": _design(allocation),
    }


def _design(allocation: Allocation | None) -> dict[str, Any]:
    if allocation is None:
        return {"method": "fair_coins"}
    return {
        "method": "permuted_blocks",
        "ratio": dict(allocation.ratio),
        "block_sizes": list(allocation.block_sizes),
    }


def statistics(first: Truths, response: Numbers, strata: NDArray[Any]) -> Numbers:
    """The signed root of Cochran, Mantel and Haenszel's statistic of each row: who is in the first arm.

    Zero where nothing varies, so that an outcome that is the same for everybody has p = 1.
    """
    import numpy as np

    excess, variance = np.zeros(len(first)), np.zeros(len(first))
    for stratum in np.unique(strata):
        here = strata == stratum
        total, events = int(here.sum()), float(response[here].sum())
        if total < 2:
            continue
        own = first[:, here].astype(float)
        size = own.sum(axis=1)
        excess += own @ response[here] - size * events / total
        variance += size * (total - size) * events * (total - events) / (total**2 * (total - 1))
    return np.divide(excess, np.sqrt(variance), out=np.zeros(len(first)), where=variance > 0)
