"""The selector: scored candidates become a diverse queue, whatever they are."""
