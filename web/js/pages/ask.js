// Ask: questions about the catalog, and their answers as they are written.

import { auth } from "../auth/auth.js";
import { play, updateAll, webUrl } from "../episode/actions.js";
import { causes } from "../episode/why.js";
import { request } from "../auth/call.js";
import { events } from "../http/event-stream.js";
import { answerOf, Problem } from "../http/problem.js";
import { episodeRow } from "../episode/items.js";
import { $, announce, button, h, redraw } from "../ui/dom.js";
import { t, timecode } from "../ui/text.js";

const ANSWER_MS = 60_000; // the API ends an answer sooner
const MAX_CHARS = 1000; // of a question

const input = h("input", { type: "text", "aria-label": t("Your question"), placeholder: t("What do you want to know?"), maxlength: MAX_CHARS,
  autocomplete: "off", enterkeyhint: "send" });
const send = h("button.strong", { type: "submit" }, t("Ask"));
const turns = h("ol.turns", { role: "list", "aria-label": t("Questions and answers") });
/** @type {AbortController | null} */
let writing = null;
/** @type {string | null} */
let conversation = null;
/** @type {string | null} */
let whose = null;

const words = () => new URLSearchParams(location.hash.split("#/ask?")[1]).get("q")?.slice(0, MAX_CHARS);

export function update() {
  const { uid } = auth().listener;
  if ($("ask").firstChild && (whose === uid || whose === null)) { // null: until it is known who listens
    whose = uid;
    updateAll(turns, ".row-item");
  } else {
    writing?.abort();
    [whose, conversation] = [uid, null];
    turns.replaceChildren();
    $("ask").replaceChildren(h("form.row", { onsubmit }, input, send),
      h("p.quiet", {}, t("Answers come from the episodes of this catalog, and name them.")), turns);
  }
  const asked = words();
  if (!asked) return;
  history.replaceState(null, "", "#/ask");
  ask(asked);
}

export { update as show };

addEventListener("hashchange", () => { if (words()) update(); }); // another question in the address

/** @param {Event} event */
function onsubmit(event) {
  event.preventDefault();
  if (writing) return writing.abort();
  const question = input.value.trim();
  if (question) ask(question);
}

/** @param {string} question */
async function ask(question) {
  writing?.abort();
  const mine = writing = new AbortController();
  const answer = h("div.answer", { dir: "auto" });
  const sources = h("ul", { role: "list", "aria-label": t("Sources") });
  const foot = h("p.quiet", {}, t("Looking…"));
  const turn = h("li", {}, h("h2", { dir: "auto" }, question), answer, foot, sources);
  turns.prepend(turn);
  setTimeout(() => scrollTo({ top: 0 })); // after the router has returned to where the page was left
  input.value = "";
  send.textContent = t("Stop");
  let [text, whole] = ["", false];
  try {
    const reply = await request("/ask", {
      method: "POST", body: JSON.stringify({ question, ...(conversation && { conversation }) }),
      headers: { Accept: "text/event-stream" }, signal: AbortSignal.any([mine.signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    if (!reply.headers.get("Content-Type")?.startsWith("text/event-stream")) throw await answerOf(reply);
    for await (const { name, data } of events(reply)) {
      if (name === "session") conversation = data.conversation;
      if (name === "error") throw new Problem(data, data.status);
      if (name === "sources") sources.replaceChildren(...data.episodes.map(source));
      if (name === "token") {
        text += data.text;
        redraw(answer, ...cited(text, sources));
        foot.textContent = "";
      }
      if (name === "done") foot.textContent = ending(data);
      whole ||= name === "done";
    }
    if (!whole) throw new Problem({ title: t("The answer broke off") });
    announce(text);
  } catch (error) {
    if (mine.signal.aborted) foot.textContent = t("Stopped.");
    else {
      const { text: why } = Problem.of(error);
      foot.replaceChildren(`${why} `, button(t("Try again"), () => { send.focus(); turn.remove(); ask(question); }));
      announce(why);
    }
  } finally {
    if (writing === mine) {
      writing = null;
      send.textContent = t("Ask");
    }
  }
}

/** @param {AnswerSource} episode */
function source(episode) {
  const { number, passages, at_s: at } = episode;
  const timed = at !== null && at !== undefined;
  const opened = timed && webUrl(episode.audio_url)
    ? button(t("Play from {time}", { time: timecode(at) }), () => play(episode, at), { class: "time-link", "aria-label": t("Play “{title}” from {time}", { title: episode.title, time: timecode(at) }) })
    : timed && h("span", {}, timecode(at));
  return Object.assign(episodeRow(episode, h("p.snippet", { dir: "auto" }, `[${number}] `, passages[0] ?? ""), ...(opened ? [opened] : [])), { tabIndex: -1 });
}

/** The text of an answer, whose citations lead to their sources. @param {string} text @param {HTMLElement} sources */
const cited = (text, sources) => text.split(/(\[\d+\])/).map((part) => {
  const number = /^\[(\d+)\]$/.exec(part)?.[1];
  const there = number && /** @type {HTMLElement | undefined} */ (sources.children[Number(number) - 1]);
  return there ? button(part, () => there.focus(), { class: "cite", "aria-label": t("Source {number}", { number }) }) : part;
});

/** @param {AnswerDone} done */
function ending({ model, complete, degraded }) {
  return `${[
    model === "extractive" ? t("Sentences of these episodes, not written by a model") : t("Written by {model}: check it with its sources", { model }),
    !complete && t("it is not complete"), causes(degraded),
  ].filter(Boolean).join(". ")}.`;
}
