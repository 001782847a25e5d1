"""Makes practice phrases for a LEGO: chains of chunks that stand side by side in the bundled sentences."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from supervisor.agents.phrasebook.book import Book
from supervisor.agents.phrasebook.chunk_usage import Chain, Usage
from supervisor.agents.phrasebook.prompt_parser import Entry
from supervisor.agents.phrasebook.words import key, plain, plain_known

LEAST, MOST = 3, 5
"""Phrases of a LEGO, where its vocabulary can give them."""
LONGEST = 5
"""Chunks of a phrase."""
_LEGO_ID = re.compile(r"(.*)L(\d+)")
_TRIED = 5
"""Neighbours tried on each side of a chain; the most frequent ones."""
_KEPT = 20
"""Chains of each length that are made longer; the best ones."""

Pair = tuple[str, str]
"""Target and known text."""


class Phrases:
    """Makes phrases from one vocabulary."""

    def __init__(self, book: Book, vocabulary: Iterable[Entry]) -> None:
        self._usage = Usage(book.sentences)
        self._places: list[tuple[str, int]] = []
        self._texts: dict[str, Pair] = {}
        for entry in sorted(vocabulary, key=lambda entry: _place(entry.id)):
            chunk = key(entry.known)
            if chunk and plain(entry.target) and chunk not in self._texts:
                self._places.append(_place(entry.id))
                self._texts[chunk] = plain(entry.target), plain_known(entry.known)
        self._ranks = {chunk: rank for rank, chunk in enumerate(self._texts)}

    def made_for(self, lego_id: str, target: str, known: str) -> list[list[str]]:
        """[target, known] of the phrases for a LEGO, short to long, from what is introduced up to its own id."""
        lego = key(known)
        basket = Basket(
            self._usage,
            lego,
            texts={**self._texts, lego: (plain(target), plain_known(known))},
            ranks={**self._ranks, lego: -1},
            limit=bisect_right(self._places, _place(lego_id)),
        )
        return basket.phrases()


class Basket:
    """The phrases of one LEGO while they are gathered."""

    def __init__(self, usage: Usage, lego: str, *, texts: dict[str, Pair], ranks: dict[str, int], limit: int) -> None:
        self._usage = usage
        self._lego = lego
        self._texts = texts
        self._ranks = ranks
        """Chunk to its place in the order of introduction; the LEGO itself comes before all."""
        self._limit = limit
        """Chunks of this rank and later are not introduced yet."""
        self._chosen: list[Chain] = []
        self._said: set[str] = set()

    def phrases(self) -> list[list[str]]:
        """From the best source to the poorest: each is used only where those before it gave too little."""
        introduced = [chunk for chunk, rank in self._ranks.items() if rank < self._limit]
        least = min(LEAST, len(introduced))
        self._add([(self._lego,)], MOST)
        self._add(self._runs(), MOST)
        if len(self._chosen) < MOST:
            self._add(filter(self._is_whole, self._chains(self._usage.triples)), MOST)
        if len(self._chosen) < least:
            chains = self._chains(None)
            self._add(filter(self._is_whole, chains), least)
            self._add(chains, least)
        if len(self._chosen) < least:
            self._add(self._beside_any(introduced), least)
        self._chosen.sort(key=lambda chain: (len(chain), sum(map(len, chain)), chain))
        return [[self._say(chain, 0), self._say(chain, 1)] for chain in self._chosen]

    def _add(self, chains: Iterable[Chain], most: int) -> None:
        """Take chains until there are `most`, in turn from the shortest to the longest, the best of a length first."""
        by_length: dict[int, list[Chain]] = {}
        for chain in sorted(set(chains), key=self._worth):
            by_length.setdefault(len(chain), []).append(chain)
        while by_length:
            for length in sorted(by_length):
                if len(self._chosen) == most:
                    return
                if self._is_new(chain := by_length[length].pop(0)):
                    self._chosen.append(chain)
                if not by_length[length]:
                    del by_length[length]

    def _is_new(self, chain: Chain) -> bool:
        sides = {f"target {key(self._say(chain, 0))}", f"known {key(self._say(chain, 1))}"}
        if sides & self._said:
            return False
        self._said |= sides
        return True

    def _say(self, chain: Chain, side: int) -> str:
        return " ".join(self._texts[chunk][side] for chunk in chain)

    def _worth(self, chain: Chain) -> tuple[bool, bool, int, Chain]:
        """Best first: what is whole at its end, and at its beginning, and has the newest chunk in it."""
        return (
            chain[-1] not in self._usage.closing,
            chain[0] not in self._usage.opening,
            -max(self._ranks[chunk] for chunk in chain),
            chain,
        )

    def _introduced(self, chunk: str) -> bool:
        return self._ranks.get(chunk, self._limit) < self._limit

    def _runs(self) -> Iterator[Chain]:
        """The LEGO with what stands around it in a clause."""
        for number, at in self._usage.places.get(self._lego, ()):
            clause = self._usage.clauses[number]
            for start in range(at, max(-1, at - LONGEST), -1):
                if not self._introduced(clause[start]):
                    break
                for end in range(at + 1, min(len(clause), start + LONGEST) + 1):
                    if not self._introduced(clause[end - 1]):
                        break
                    yield clause[start:end]

    def _chains(self, triples: set[Chain] | None) -> list[Chain]:
        """Chunks of which every two neighbours, and three where `triples` are given, stand together in a clause."""
        found: list[Chain] = []
        longest: list[Chain] = [(self._lego,)]
        for _ in range(LONGEST - 1):
            longer = {chain for shorter in longest for chain in self._extended(shorter, triples)}
            longest = sorted(longer, key=self._worth)[:_KEPT]
            found.extend(longest)
        return found

    def _is_whole(self, chain: Chain) -> bool:
        """Whether it begins and ends as clauses do, and not in two halves that are seldom said together."""
        usage = self._usage
        return chain[0] in usage.opening and chain[-1] in usage.closing and usage.turning.isdisjoint(chain[1:-1])

    def _extended(self, chain: Chain, triples: set[Chain] | None) -> Iterator[Chain]:
        for chunk in self._nearest(self._usage.before.get(chain[0], []), chain):
            if triples is None or len(chain) == 1 or (chunk, *chain[:2]) in triples:
                yield (chunk, *chain)
        for chunk in self._nearest(self._usage.after.get(chain[-1], []), chain):
            if triples is None or len(chain) == 1 or (*chain[-2:], chunk) in triples:
                yield (*chain, chunk)

    def _nearest(self, neighbours: list[str], chain: Chain) -> list[str]:
        fit: list[str] = []
        for chunk in neighbours:
            if self._introduced(chunk) and chunk not in chain:
                fit.append(chunk)
                if len(fit) == _TRIED:
                    break
        return fit

    def _beside_any(self, introduced: list[str]) -> Iterator[Chain]:
        """The LEGO before and after single chunks, those first that take the most neighbours; better than nothing."""
        rest = [chunk for chunk in introduced if chunk != self._lego]
        for neighbours, order in ((self._usage.before, 1), (self._usage.after, -1)):
            for chunk in sorted(rest, key=lambda chunk: (-len(neighbours.get(chunk, ())), chunk))[:_TRIED]:
                yield (self._lego, chunk)[::order]


def _place(lego_id: str) -> tuple[str, int]:
    """The place of a LEGO in the order of introduction: its seed, and its number there."""
    match = _LEGO_ID.fullmatch(lego_id)
    return (match[1], int(match[2])) if match else (lego_id, 0)
