"""What the emulated models answer: made from the prompt alone, so that it can be foretold."""

import hashlib
import json
import math
import random
import re
from collections.abc import Iterator, Sequence
from typing import Any

MAX_SOURCES = 5
WORDS_OF_A_SOURCE = 12
_SOURCE = re.compile(r"^\s*\[(\d{1,3})\][:.]?\s*(.+)$", re.MULTILINE)
_WORD = re.compile(r"\w+")


def answer(text: str, pictures: Sequence[bytes], schema: dict[str, Any] | None) -> str:
    """Returns the answer to the last contribution of a conversation.

    An instance of the schema, if there is one. Otherwise, if lines of the text begin with `[1]`,
    `[2]` and so on, a sentence for each that cites it. Otherwise it repeats the text's last words.
    """
    if schema is not None:
        seed = hashlib.sha256(b"".join([text.encode(), *pictures])).digest()
        words = _WORD.findall(text) or ["nothing"]
        made = _Instances(schema, words, random.Random(seed))  # noqa: S311  # repeatable
        return json.dumps(made.of(schema), ensure_ascii=False)
    if sources := _SOURCE.findall(text):
        return " ".join(_cited(number, one) for number, one in sources[:MAX_SOURCES])
    return f"You said: {' '.join(text.split()[-WORDS_OF_A_SOURCE:])}."


def _cited(number: str, text: str) -> str:
    words = " ".join(text.split()[:WORDS_OF_A_SOURCE]).rstrip(".,;:!?")
    return f"{words} [{number}]."


def tokens(text: str) -> list[str]:
    """Splits a text into what the emulator calls tokens: words with the space before them."""
    return re.findall(r"\s*\S+", text)


def vector(text: str, dimension: int) -> list[float]:
    """Returns an embedding: texts that share words are similar. Its length is not 1."""
    words = _WORD.findall(text.lower()) or [""]
    made = [random.Random(word) for word in words]  # noqa: S311  # repeatable
    return [sum(one.random() - 0.5 for one in made) for _ in range(dimension)]


class _Instances:
    """Makes instances of schemas that lie in one schema."""

    def __init__(self, root: dict[str, Any], words: list[str], chance: random.Random) -> None:
        self._root, self._words, self._random = root, words, chance

    def of(self, schema: Any) -> Any:
        """Returns an instance of a schema."""
        if schema is True:
            return {}
        if "$ref" in schema:
            return self.of(self._root["$defs"][schema["$ref"].rpartition("/")[2]])
        if "enum" in schema:
            return self._random.choice(schema["enum"])
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return self.of(schema[key][0])
        kind = schema["type"]
        return getattr(self, f"_{kind[0] if isinstance(kind, list) else kind}")(schema)

    def _object(self, schema: Any) -> dict[str, Any]:
        return {name: self.of(one) for name, one in schema.get("properties", {}).items()}

    def _array(self, schema: Any) -> list[Any]:
        most = schema.get("maxItems", max(2, schema.get("minItems", 0)))
        count = self._random.randint(schema.get("minItems", min(1, most)), most)
        return [self.of(schema.get("items", {"type": "string"})) for _ in range(count)]

    def _number(self, schema: Any) -> float:
        least = schema.get("minimum", 0)
        return round(self._random.uniform(least, schema.get("maximum", least + 1)), 3)

    def _integer(self, schema: Any) -> int:
        least = math.ceil(schema.get("minimum", 0))
        return self._random.randint(least, math.floor(schema.get("maximum", least + 10)))

    def _boolean(self, _schema: Any) -> bool:
        return self._random.random() < 0.5  # noqa: PLR2004  # a coin

    def _null(self, _schema: Any) -> None:
        return None

    def _string(self, _schema: Any) -> str:
        return " ".join(self._some_words())

    def _some_words(self) -> Iterator[str]:
        for _ in range(2):
            yield self._random.choice(self._words)
