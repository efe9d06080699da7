"""What deploy.sh leaves to Python: files that it generates, and JSON that it reads."""
