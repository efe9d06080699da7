// The deployment's configuration: /config.json (docs/web.md).

/** @type {Promise<Config> | undefined} */
let asked;

/** Fetched once, and again after a failure. @returns {Promise<Config>} */
export const config = () => asked ??= json("/config.json").then(({ api = "/api", app_check_site_key: siteKey }) => {
  if (!/^(https?:\/)?\/\w/.test(api)) throw new Error("config.json: api: expected an address like https://feed.example/api");
  return { api: api.replace(/\/$/, ""), siteKey };
}).catch((error) => {
  asked = undefined;
  throw error;
});

/** @param {string} address of a JSON object beside the page @returns {Promise<any>} */
export async function json(address) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(15_000) });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return answer.json();
}
