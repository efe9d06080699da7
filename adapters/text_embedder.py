"""The built-in text embedder: latent semantic analysis, fitted at build time, without a service.

TF-IDF with sublinear term frequency, then a truncated SVD (Deerwester et al., 1990, "Indexing by
latent semantic analysis"), over title, insight or description, and the telling words of a fetched
transcript. Deterministic.
"""

from collections.abc import Sequence

import numpy as np

from feed.model.episode import Episode
from feed.ports.episodes import Vectors

DIMENSION = 256

_UNSPACED = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Japanese, Chinese and Korean script, where each character is a token"""
_TOKEN = rf"[{_UNSPACED}]|[^\W{_UNSPACED}]{{2,}}"


class LsaVectors:
    """A `VectorStore` that computes embeddings from the episodes' text."""

    def vectors(self, episodes: Sequence[Episode]) -> Vectors:
        """Unit vectors (episodes, 256); an episode without a known word has none.

        A small catalog spans fewer dimensions: the rest are zero.
        """
        # Half a second of imports, which a build with other vectors does not need.
        from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415

        matrix = np.zeros((len(episodes), DIMENSION), np.float32)
        texts = [f"{e.text}\n{e.spoken or ''}" for e in episodes]
        many = len(episodes) > DIMENSION
        terms = None
        # Words of one episode alone, or of more than half, are ignored unless no others are left.
        for rarest, commonest in ((2, 0.5), (1, 1.0)) if many else ((1, 1.0),):
            words = TfidfVectorizer(
                sublinear_tf=True,
                stop_words="english",
                token_pattern=_TOKEN,
                min_df=rarest,
                max_df=commonest,
                max_features=50_000,
                dtype=np.float32,
            )
            try:
                terms = words.fit_transform(texts)
                break
            except ValueError:  # no word is left
                continue
        if terms is not None:
            rank = min(DIMENSION, *(extent - 1 for extent in terms.shape))
            reduced = (
                TruncatedSVD(rank, random_state=0).fit_transform(terms)
                if rank >= 1
                else terms.toarray()[:, :DIMENSION]  # a single episode, or a single word
            )
            matrix[:, : reduced.shape[1]] = reduced
        norms = np.linalg.norm(matrix, axis=1)
        present = norms > np.float32(1e-6)
        matrix[~present] = 0
        matrix[present] /= norms[present, None]
        return Vectors(matrix, present, model=f"lsa-{DIMENSION}")
