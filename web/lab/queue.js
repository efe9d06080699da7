// One side's queue, and where it differs from the other side's.

import { h } from "../js/ui/dom.js";
import { plain } from "../js/ui/words.js";

/** @param {LabSession} session @param {LabSession} other */
export function queue(session, other) {
  const there = new Map(other.detail.candidates.map((one) => [one.id, one.queue_position]));
  return h("ol.queue", {}, ...session.episodes.map((one) => {
    const place = there.get(one.id);
    return h(place ? "li" : "li.only", {},
      h("span.quiet", {}, String(one.queue_position)), h("span", {}, one.title), h("b", {}, moved(one.queue_position, place)),
      h("p.quiet", {}, [one.series?.name, one.reason.text, one.final_score.toFixed(3)].filter(Boolean).join(" · ")));
  }));
}

/** @param {LabSession} session in a line */
export const summary = (session) => [
  counted(session.total_in_queue, "episode"),
  session.cold_start ? "nothing is known" : `${counted(session.user_vector_episodes, "engagement")} in the user vector`,
  ...session.degraded.map(plain),
].join(" · ");

/** @param {number} count @param {string} one */
export const counted = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;

/** @param {number} here @param {number | null | undefined} there */
function moved(here, there) {
  if (!there) return "only here";
  if (here === there) return "";
  return here < there ? `↑ up ${there - here}` : `↓ down ${here - there}`;
}
