// One side's queue, and where it differs from the other side's.

import { counted, h, words } from "./dom.js";

/** @param {Session} session @param {Session | null} other @returns {HTMLElement} */
export function queue(session, other) {
  const there = other && positions(other);
  return h("ol", { className: "queue" }, ...session.episodes.map((one) => {
    const mark = there ? differs(one.queue_position, there.get(one.id)) : "";
    return h("li", { className: mark === "only here" ? "only" : "" },
      h("span", { className: "place" }, String(one.queue_position)), h("span", {}, one.title), h("span", { className: "mark" }, mark),
      h("span", { className: "quiet" }, [one.series?.name, one.reason.text, one.final_score.toFixed(3)].filter(Boolean).join(" · ")));
  }));
}

/** @param {Session} session what it was made from, in a line */
export function summary(session) {
  const known = session.cold_start ? "nothing is known"
    : `from ${counted(session.user_vector_episodes, "engagement")} and what was stated`;
  return [counted(session.total_in_queue, "episode"), known, ...session.degraded.map(words)].join(" · ");
}

/** @param {Session} session @returns {Map<string, number>} */
const positions = ({ detail }) =>
  new Map(detail.candidates.flatMap((one) => (one.queue_position ? [[one.id, one.queue_position]] : [])));

/** @param {number} here @param {number | undefined} there */
function differs(here, there) {
  if (!there) return "only here";
  if (here === there) return "";
  return here < there ? `↑ up ${there - here}` : `↓ down ${here - there}`;
}
