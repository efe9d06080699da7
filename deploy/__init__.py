"""The parts of deploy.sh in Python: they generate files and read JSON."""
