"""How well estimated scores agree with the scores that people gave."""
