"""Emulators of the cloud services on one machine, for tests and for `make emulators`."""
