"""What is known of the user, in rows of one catalog."""
