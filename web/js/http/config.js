// The deployment's configuration: /config.json (docs/web.md).

/** @type {Promise<Config> | undefined} */
let asked;

/** Fetched once, and again after a failure. @returns {Promise<Config>} */
export const config = () => asked ??= json("/config.json").then(({ api = "/api", stream = api, app_check_site_key: siteKey }) => {
  for (const one of [api, stream]) {
    if (!/^(https?:\/)?\/\w/.test(one)) throw new Error(`config.json: expected an address like https://feed.example/api, not ${one}`);
  }
  return { api: api.replace(/\/$/, ""), stream: stream.replace(/\/$/, ""), siteKey };
}).catch((error) => {
  asked = undefined;
  throw error;
});

/** @param {string} address @returns {Promise<any>} */
export async function json(address) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(15_000) });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return answer.json();
}
