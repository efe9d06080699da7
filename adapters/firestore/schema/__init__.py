"""The schema: where an app keeps its data in Firestore, and how they are called."""
