"""An emulator of Pinecone's API that injects faults on request."""
