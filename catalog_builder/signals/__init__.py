"""What all users did, as columns of a catalog: popularity, completion, co-engagement."""
