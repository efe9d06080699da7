"""What only the demo on one machine has: audio of its episodes, and listeners with a history."""
