"""Baseline: matrix factorisation by alternating least squares, of the package implicit."""

import threadpoolctl

from evaluation.data.training import TrainingData, TrainingUser
from evaluation.offline.baseline import Baseline, choice_matrix
from feed.arrays.arrays import FloatArray

FACTORS = 32
REGULARISATION = 0.05
CONFIDENCE = 10.0
"""alpha: a choice weighs this much more than a missing one."""
ITERATIONS = 15


class Als(Baseline):
    """Factors of users and episodes, fitted to who chose what (Hu, Koren and Volinsky, 2008).

    On one thread with a fixed seed, so that the same data give the same factors.

    Raises:
        ImportError: the package implicit is not installed.
    """

    name = "als"

    def __init__(self, training: TrainingData) -> None:
        # Takes half a second, and is not deployed.
        from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415

        with threadpoolctl.threadpool_limits(1):
            model = AlternatingLeastSquares(
                factors=FACTORS,
                regularization=REGULARISATION,
                alpha=CONFIDENCE,
                iterations=ITERATIONS,
                num_threads=1,
                random_state=0,
            )
            model.fit(choice_matrix(training), show_progress=False)
        self._users = dict(zip(training.users, model.user_factors, strict=True))
        self._episodes = model.item_factors

    def score(self, user: TrainingUser) -> FloatArray:
        """(n,) inner product of the factors of the user and of every episode."""
        scores: FloatArray = self._episodes @ self._users[user.user_id]
        return scores
