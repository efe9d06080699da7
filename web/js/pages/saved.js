// Saved: the episodes that the listener saved.

import { library } from "../library/library.js";
import { t } from "../ui/text.js";
import { drawList } from "./lists.js";

export function update() {
  const saved = library.engagements.filter(({ type }) => type === "bookmark");
  drawList("saved", saved, t("Nothing saved yet"), t("Save an episode of the feed, and it waits for you here."));
}

export { update as show };
