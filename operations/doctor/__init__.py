"""The doctor: checks the settings, data and functions of a project, and suggests remedies."""
