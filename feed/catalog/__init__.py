"""What is known of every episode, in columns; row i is one episode."""
