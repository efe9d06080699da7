"""The doctor: looks a project over, and says what to do about what is wrong."""
