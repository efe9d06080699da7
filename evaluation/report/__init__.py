"""Report: what was found, as one page of HTML that needs nothing else."""
