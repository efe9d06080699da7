"""Users and episodes in Firestore."""
