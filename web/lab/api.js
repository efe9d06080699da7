// Calls to the API: with the ID token of whoever is signed in on Firebase Hosting, or locally without any.

const SDK = "https://www.gstatic.com/firebasejs/12.6.0";

/** Firebase Auth, or null where there is none. */
export const firebase = fetch("/__/firebase/init.json").then((answer) => answer.json()).catch(() => ({}))
  .then(async (config) => {
    if (!config.apiKey) return null;
    const [app, sdk] = await Promise.all([import(`${SDK}/firebase-app.js`), import(`${SDK}/firebase-auth.js`)]);
    const auth = sdk.getAuth(app.initializeApp(config));
    await auth.authStateReady();
    return auth;
  });

/**
 * @param {string} path below /api @param {{body?: unknown, as?: string}} [how] `as`: a demo user
 * @returns {Promise<any>} the answer; an Error says what is wrong, in words
 */
export async function call(path, { body, as } = {}) {
  const user = (await firebase)?.currentUser;
  const ask = async (/** @type {boolean} */ fresh) => fetch(`/api${path}`, {
    method: body ? "POST" : "GET",
    headers: {
      ...(user && { Authorization: `Bearer ${await user.getIdToken(fresh)}` }),
      ...(as && { "X-Demo-User": as }),
    },
    body: body ? JSON.stringify(body) : null,
  });
  let response = await ask(false);
  if (response.status === 403 && user) response = await ask(true); // the claim may be newer than the token
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const { detail = `the server answered ${response.status}`, expected } = answer;
  throw new Error(expected ? `${detail} (expected: ${expected})` : detail);
}
