"""What verifies who asks: users by their tokens, and apps by App Check."""

from functions.auth.verifier import AnonymousVerifier, DemoVerifier, Verifier
from functions.settings import Settings


def wire_verifier(settings: Settings) -> Verifier:
    """Return what verifies users, and with APP_CHECK their apps as well. Raises `SettingsError`."""
    verifier = _user_verifier(settings)
    if not settings.APP_CHECK:
        return verifier
    from functions.auth.firebase import AppCheckVerifier  # noqa: PLC0415

    return AppCheckVerifier(verifier, settings.APP_CHECK)


def _user_verifier(settings: Settings) -> Verifier:
    if settings.AUTH == "none":
        return AnonymousVerifier(local=not settings.K_SERVICE)
    if settings.AUTH == "demo":
        return DemoVerifier()
    from functions.auth.firebase import EmulatorVerifier, FirebaseVerifier  # noqa: PLC0415

    if settings.AUTH == "emulator":
        return EmulatorVerifier(settings.FIREBASE_PROJECT, k_service=settings.K_SERVICE)
    return FirebaseVerifier(settings.FIREBASE_PROJECT)
