// Firebase Auth: an anonymous guest at first; an account is linked to the guest later, so that uid and history stay. And
// App Check, if the deployment has a key for it.

import { t } from "../ui/text.js";

const SDK = "https://www.gstatic.com/firebasejs/12.6.0";
const ALREADY_LINKED = ["auth/credential-already-in-use", "auth/email-already-in-use"];
// Errors of a project that allows no anonymous users.
const NO_GUESTS = ["auth/admin-restricted-operation", "auth/operation-not-allowed"];

/** @param {object} config @param {string | undefined} siteKey @param {() => void} lost called when the user is signed out @returns {Promise<Auth>} */
export async function firebaseAuth(config, siteKey, lost) {
  const addresses = ["app", "auth", ...(siteKey ? ["app-check"] : [])].map((name) => `${SDK}/firebase-${name}.js`);
  // Fetched before the import, because some browsers remember a failed import.
  await Promise.all(addresses.map((one) => fetch(one)));
  const [{ initializeApp }, sdk, checks] = await Promise.all(addresses.map((one) => import(one)));
  const app = initializeApp(config);
  const check = checks?.initializeAppCheck(app, {
    provider: new checks.ReCaptchaEnterpriseProvider(siteKey), isTokenAutoRefreshEnabled: true,
  });
  const firebase = sdk.getAuth(app);
  let switching = false; // hides the moment between two listeners
  /** Whether the project allows no guests: there is still a feed, and writes stay on the device. */
  let guestless = false;

  const signInGuest = () => sdk.signInAnonymously(firebase).catch((/** @type {any} */ error) => {
    if (!NO_GUESTS.includes(error.code)) throw error;
    guestless = true;
  });

  /**
   * Links the guest to an account, or signs in to it if it is already another user's.
   * @param {(guest: object) => Promise<unknown>} link @param {(taken?: object) => Promise<unknown>} signIn
   */
  async function linkOrSignIn(link, signIn) {
    if (!firebase.currentUser) return signIn();
    await link(firebase.currentUser).catch((/** @type {any} */ error) => {
      if (!ALREADY_LINKED.includes(error.code)) throw error;
      return signIn(error);
    });
  }

  const withGoogle = () => {
    const google = sdk.GoogleAuthProvider;
    return linkOrSignIn((guest) => sdk.linkWithPopup(guest, new google()), (taken) => taken
      ? sdk.signInWithCredential(firebase, google.credentialFromError(taken)) : sdk.signInWithPopup(firebase, new google()));
  };

  /** @param {Credentials} [fields] */
  const withEmail = ({ email, password } = { email: "", password: "" }) => linkOrSignIn(
    (guest) => sdk.linkWithCredential(guest, sdk.EmailAuthProvider.credential(email, password)),
    () => sdk.signInWithEmailAndPassword(firebase, email, password));

  /** @param {Way["go"]} how @returns {Way["go"]} */
  const switchUser = (how) => async (fields) => {
    switching = true;
    try {
      await how(fields);
      await firebase.currentUser?.getIdToken(true); // the new token names the linked account
    } finally {
      switching = false;
      tell();
    }
  };

  /** @type {Auth} */
  const auth = {
    demo: false,
    get known() { return guestless || !!firebase.currentUser; },
    get listener() {
      const user = firebase.currentUser;
      return { uid: user?.uid ?? null, name: user?.displayName || user?.email || t("Guest"), guest: user?.isAnonymous ?? true };
    },
    get ways() {
      return auth.listener.guest
        ? [{ label: t("Continue with Google"), go: switchUser(withGoogle) }, { label: t("Continue with e-mail"), form: true, go: switchUser(withEmail) }]
        : [{ label: t("Sign out"), go: switchUser(() => sdk.signOut(firebase).then(signInGuest)) }];
    },
    async headers(fresh) {
      const id = await firebase.currentUser?.getIdToken(fresh);
      const app = await checks?.getToken(check, fresh).catch((/** @type {Error} */ { message }) => {
        throw new Error("unchecked", { cause: t("App Check does not let this page pass: {reason}", { reason: message }) });
      });
      return { ...(id && { Authorization: `Bearer ${id}` }), ...(app && { "X-Firebase-AppCheck": app.token }) };
    },
    changed() {},
  };

  function tell() {
    auth.changed();
    if (!auth.known) {
      unwatch();
      lost();
    }
  }

  await firebase.authStateReady();
  if (!firebase.currentUser) await signInGuest();
  const unwatch = sdk.onAuthStateChanged(firebase, () => { if (!switching) tell(); }); // in another tab
  return auth;
}
