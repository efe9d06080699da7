"""An emulator of Cloud Storage that injects faults on request."""
