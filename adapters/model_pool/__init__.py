"""A pool of equal generative models in several regions, whichever vendor's they are."""
