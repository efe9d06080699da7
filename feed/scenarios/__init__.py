"""What a deployment tunes: scenarios (parameters and rules), experiments, and shipped files."""
