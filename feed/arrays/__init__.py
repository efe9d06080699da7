"""Functions and classes on numpy arrays that every package of the core may use."""
