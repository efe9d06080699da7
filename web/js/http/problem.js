// Errors of the API (RFC 9457).

import { t } from "../ui/text.js";

const PROBLEM_PREFIX = "urn:earshot:problem:"; // of the API's own problem types
const TEMPORARY = [0, 401, 408, 429]; // statuses that a retry may fix, besides every 5xx

/** An error answer of the API, or no answer (status 0). */
export class Problem extends Error {
  /** @param {import("../library/outbox-types.d.ts").ProblemDocument} said */
  constructor({ title, detail = "", expected, type = "" }, status = 0, retryAfterS = 0) {
    super(title);
    this.detail = expected ? `${detail} (expected: ${expected})` : detail;
    this.kind = type.startsWith(PROBLEM_PREFIX) ? type.slice(PROBLEM_PREFIX.length) : "";
    this.status = status;
    this.retryAfterS = retryAfterS || 0;
    /** Whether a retry may succeed: false if the API itself refused the request. */
    this.temporary = TEMPORARY.includes(status) || status >= 500 || !this.kind;
  }

  /** @param {unknown} error */
  static of(error) {
    return error instanceof Problem ? error : new Problem({ title: t("The answer could not be read"), detail: String(error) });
  }
}

/** @param {Response} response @returns {Promise<any>} @throws {Problem} */
export async function answerOf(response) {
  const { ok, status } = response;
  const answer = await response.json().catch(() => null);
  if (ok && (answer || status === 204)) return answer;
  // A captive portal answers 200, but not JSON.
  const title = ok ? t("The answer could not be read") : t("The server answered {status}", { status });
  throw new Problem({ title, ...answer }, status, Number(response.headers.get("Retry-After")));
}
