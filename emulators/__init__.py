"""The cloud on a laptop: emulators and stand-ins, for tests and for `make emulators`."""
