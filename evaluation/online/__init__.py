"""What listeners did with what sessions showed, from the log of the function."""
