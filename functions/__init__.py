"""The Cloud Functions: the HTTP API, the Firestore trigger, and the scheduled catalog build."""
