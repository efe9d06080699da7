// Firebase Auth: a guest at first (an anonymous user), whom a Google account or an e-mail address is linked to
// later, so that the uid and with it the history stay. And App Check, where the deployment has a key for it.

const SDK = "https://www.gstatic.com/firebasejs/12.6.0";
const TAKEN = ["auth/credential-already-in-use", "auth/email-already-in-use"];
// What Firebase answers where the project allows no anonymous users.
const NO_GUESTS = ["auth/admin-restricted-operation", "auth/operation-not-allowed"];

/**
 * @param {object} config of /__/firebase/init.json @param {string | undefined} siteKey of reCAPTCHA Enterprise
 * @param {() => void} lost called when nobody is signed in any more: sign-in has to begin anew
 * @returns {Promise<Auth>} rejects if the SDK or the sign-in of a guest cannot be reached
 */
export async function firebaseAuth(config, siteKey, lost) {
  const addresses = ["app", "auth", ...(siteKey ? ["app-check"] : [])].map((name) => `${SDK}/firebase-${name}.js`);
  // Fetched before they are imported: an import that fails stays failed in some browsers.
  await Promise.all(addresses.map((one) => fetch(one)));
  const [{ initializeApp }, sdk, checks] = await Promise.all(addresses.map((one) => import(one)));
  const app = initializeApp(config);
  const check = checks?.initializeAppCheck(app, {
    provider: new checks.ReCaptchaEnterpriseProvider(siteKey), isTokenAutoRefreshEnabled: true,
  });
  const firebase = sdk.getAuth(app);
  let turning = false; // so that nobody sees the moment between two listeners
  /** Whether the project allows no guests: there is a feed, and what one does stays on the device. */
  let guestless = false;

  const signInGuest = () => sdk.signInAnonymously(firebase).catch((/** @type {any} */ error) => {
    if (!NO_GUESTS.includes(error.code)) throw error;
    guestless = true;
  });

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
      tell();
    }
  };

  /** @type {Auth} */
  const auth = {
    demo: false,
    get known() { return guestless || !!firebase.currentUser; },
    get listener() {
      const user = firebase.currentUser;
      return { uid: user?.uid ?? null, name: user?.displayName || user?.email || "Guest", guest: user?.isAnonymous ?? true };
    },
    get ways() {
      return auth.listener.guest
        ? [{ label: "Continue with Google", go: turn(withGoogle) }, { label: "Continue with e-mail", form: true, go: turn(withEmail) }]
        : [{ label: "Sign out", go: turn(() => sdk.signOut(firebase).then(signInGuest)) }];
    },
    async headers(fresh) {
      const id = await firebase.currentUser?.getIdToken(fresh);
      const app = await checks?.getToken(check, fresh).catch((/** @type {Error} */ { message }) => {
        throw new Error("unchecked", { cause: `App Check does not let this page pass: ${message}` });
      });
      return { ...(id && { Authorization: `Bearer ${id}` }), ...(app && { "X-Firebase-AppCheck": app.token }) };
    },
    changed() {},
  };

  /** Somebody else may listen, or nobody: then this `Auth` has come to its end. */
  function tell() {
    auth.changed();
    if (!auth.known) {
      unwatch();
      lost();
    }
  }

  await firebase.authStateReady();
  if (!firebase.currentUser) await signInGuest();
  const unwatch = sdk.onAuthStateChanged(firebase, () => { if (!turning) tell(); }); // in another tab
  return auth;
}
