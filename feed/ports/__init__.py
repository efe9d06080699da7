"""What the outside must offer, one port a file. Adapters implement them."""
