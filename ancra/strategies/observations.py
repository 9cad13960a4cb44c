"""What is known of strategies on a checkpoint: what the store holds, and what was observed since."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from ancra.store import Store
from ancra.strategies.observed import Observed

KIND = "strategies"


@dataclass
class ObservationStore:
    """Observations of several strategies, batch by batch, and their place in the store.

    Attributes:
        store: None where nothing is kept. keys: strategy -> the digests that name its observations.
        epoch: batches of a whole epoch; 0 until that is known.
    """

    store: Store | None
    keys: Mapping[str, tuple[str, ...]]
    epoch: int = 0
    parts: dict[str, list[Observed]] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, key in self.keys.items():
            stored = self.store.get(KIND, *key) if self.store else None
            self.parts[name] = []
            if stored is not None and set(stored.arrays) == {column.name for column in fields(Observed)}:
                self.parts[name] = [Observed(**stored.arrays)]
                self.epoch = int(stored.meta["epoch"])
        self.kept = self.known

    @property
    def known(self) -> dict[str, int]:
        """How many batches of each strategy there are."""
        return {name: parts[-1].batches if parts else 0 for name, parts in self.parts.items()}

    @property
    def batches(self) -> int:
        """How many batches there are of all."""
        return min(self.known.values())

    def add(self, seen: Mapping[str, Observed]) -> None:
        """Put the rows of one more batch on the observations."""
        for name, part in seen.items():
            self.parts[name].append(part)

    def found(self) -> dict[str, Observed]:
        """All rows of each strategy."""
        self.parts = {name: [Observed.join(parts)] for name, parts in self.parts.items() if parts}
        return {name: parts[0] for name, parts in self.parts.items()}

    def keep(self) -> None:
        """Store what is new, unless somebody else has stored more in the meantime."""
        if self.store is None:
            return
        for name, seen in self.found().items():
            if seen.batches > self.kept[name]:
                there = self.store.get(KIND, *self.keys[name], only={"batch"})
                if there is not None and len(there.arrays["batch"]) >= len(seen):
                    continue
                self.store.put(KIND, *self.keys[name], arrays=seen.arrays(), meta={"epoch": self.epoch})
                self.kept[name] = seen.batches
