// Firebase Auth: a guest at first (an anonymous user), whom a Google account or an e-mail address is linked to
// later, so that the uid and with it the history stay.

const SDK = "https://www.gstatic.com/firebasejs/12.6.0";
const TAKEN = ["auth/credential-already-in-use", "auth/email-already-in-use"];

/** @param {object} config of /__/firebase/init.json @returns {Promise<Auth>} */
export async function firebaseAuth(config) {
  const [{ initializeApp }, sdk] = await Promise.all([import(`${SDK}/firebase-app.js`), import(`${SDK}/firebase-auth.js`)]);
  const firebase = sdk.getAuth(initializeApp(config));
  let turning = false; // so that nobody sees the moment between two listeners

  // Without anonymous users in the project the feed still comes; what one does stays on the device.
  const signInGuest = () => sdk.signInAnonymously(firebase)
    .catch((/** @type {unknown} */ error) => console.warn("No anonymous sign-in", error));

  async function signOut() {
    await sdk.signOut(firebase);
    await signInGuest();
  }

  /**
   * Link the guest to an account; where that is another user's already, become that one.
   * @param {(guest: object) => Promise<unknown>} link @param {(taken?: object) => Promise<unknown>} signIn
   */
  async function become(link, signIn) {
    if (!firebase.currentUser) return signIn();
    await link(firebase.currentUser).catch((/** @type {any} */ error) => {
      if (!TAKEN.includes(error.code)) throw error;
      return signIn(error);
    });
  }

  const withGoogle = () => {
    const google = sdk.GoogleAuthProvider;
    return become((guest) => sdk.linkWithPopup(guest, new google()), (taken) => taken
      ? sdk.signInWithCredential(firebase, google.credentialFromError(taken)) : sdk.signInWithPopup(firebase, new google()));
  };

  /** @param {Credentials} [fields] */
  const withEmail = ({ email, password } = { email: "", password: "" }) => become(
    (guest) => sdk.linkWithCredential(guest, sdk.EmailAuthProvider.credential(email, password)),
    () => sdk.signInWithEmailAndPassword(firebase, email, password));

  /** @param {Way["go"]} how @returns {Way["go"]} */
  const turn = (how) => async (fields) => {
    turning = true;
    try {
      await how(fields);
      await firebase.currentUser?.getIdToken(true); // says who was linked
    } finally {
      turning = false;
      auth.changed();
    }
  };

  /** @type {Auth} */
  const auth = {
    demo: false,
    get listener() {
      const user = firebase.currentUser;
      return { uid: user?.uid ?? null, name: user?.displayName || user?.email || "Guest", guest: user?.isAnonymous ?? true };
    },
    get ways() {
      return auth.listener.guest
        ? [{ label: "Continue with Google", go: turn(withGoogle) }, { label: "Continue with e-mail", form: true, go: turn(withEmail) }]
        : [{ label: "Sign out", go: turn(signOut) }];
    },
    async headers(fresh) {
      const token = await firebase.currentUser?.getIdToken(fresh);
      return token ? { Authorization: `Bearer ${token}` } : /** @type {Record<string, string>} */ ({});
    },
    changed() {},
  };

  await firebase.authStateReady();
  if (!firebase.currentUser) await signInGuest();
  sdk.onAuthStateChanged(firebase, () => { if (!turning) auth.changed(); }); // in another tab
  return auth;
}
