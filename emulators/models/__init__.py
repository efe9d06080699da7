"""What the emulators of generative models share: answers, speed and faults."""
