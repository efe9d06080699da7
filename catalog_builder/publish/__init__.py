"""From a built catalog to the shelf: the gate, the upload and the promotion."""
