// Firebase Auth: a guest at first (an anonymous user), whom a Google account or an e-mail address is linked to
// later, so that the uid and with it the history stay.

const SDK = "https://www.gstatic.com/firebasejs/12.6.0";

/** @param {object} config of /__/firebase/init.json @returns {Promise<Auth>} */
export async function firebaseAuth(config) {
  const [{ initializeApp }, sdk] = await Promise.all([import(`${SDK}/firebase-app.js`), import(`${SDK}/firebase-auth.js`)]);
  const firebase = sdk.getAuth(initializeApp(config));

  let turning = false; // so that nobody sees the moment between two listeners

  /** @returns {Listener} */
  function listener() {
    const user = firebase.currentUser;
    const name = user?.displayName || user?.email || "Guest";
    return { uid: user?.uid ?? null, name, guest: !user || user.isAnonymous };
  }

  // Without anonymous users in the project the feed still comes; what one does stays on the device.
  const signInGuest = () => sdk.signInAnonymously(firebase)
    .catch((/** @type {unknown} */ error) => console.warn("No anonymous sign-in", error));

  async function withGoogle() {
    const provider = new sdk.GoogleAuthProvider();
    const guest = firebase.currentUser;
    if (!guest) return sdk.signInWithPopup(firebase, provider);
    return sdk.linkWithPopup(guest, provider).catch((/** @type {any} */ error) => {
      if (error.code !== "auth/credential-already-in-use") throw error;
      return sdk.signInWithCredential(firebase, sdk.GoogleAuthProvider.credentialFromError(error));
    });
  }

  /** @param {{email: string, password: string}} [fields] */
  async function withEmail({ email, password } = { email: "", password: "" }) {
    const guest = firebase.currentUser;
    if (!guest) return sdk.signInWithEmailAndPassword(firebase, email, password);
    return sdk.linkWithCredential(guest, sdk.EmailAuthProvider.credential(email, password))
      .catch((/** @type {any} */ error) => {
        if (error.code !== "auth/email-already-in-use") throw error;
        return sdk.signInWithEmailAndPassword(firebase, email, password);
      });
  }

  async function signOut() {
    await sdk.signOut(firebase);
    await signInGuest();
  }

  /** @param {(fields?: {email: string, password: string}) => Promise<unknown>} how @returns {Way["go"]} */
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
    get listener() { return listener(); },
    async headers(fresh = false) {
      const token = await firebase.currentUser?.getIdToken(fresh);
      return token ? { Authorization: `Bearer ${token}` } : /** @type {Record<string, string>} */ ({});
    },
    get ways() {
      if (!listener().guest) return [{ label: "Sign out", go: turn(signOut) }];
      const google = { label: "Continue with Google", go: turn(withGoogle) };
      return [google, { label: "Continue with e-mail", form: true, go: turn(withEmail) }];
    },
    changed() {},
  };

  await firebase.authStateReady();
  if (!firebase.currentUser) await signInGuest();
  sdk.onAuthStateChanged(firebase, () => { if (!turning) auth.changed(); }); // in another tab
  return auth;
}
