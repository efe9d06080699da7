"""From a query to a slate: eligibility, candidates, scores, selection, reasons."""
