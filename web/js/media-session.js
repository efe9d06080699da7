// What the system shows of the player, and lets one do to it: on the lock screen, by a headset, by the keys of a keyboard.

import { imageUrl } from "./art.js";

/** Not in every browser. @type {MediaSession | undefined} */
const session = navigator.mediaSession;

/** @param {Partial<Record<MediaSessionAction, MediaSessionActionHandler>>} handlers by action, for whatever is played from now on */
export function handleActions(handlers) {
  for (const [action, handler] of Object.entries(handlers)) {
    session?.setActionHandler(/** @type {MediaSessionAction} */ (action), handler);
  }
}

/** Show which episode plays, or that none does. @param {Episode | null} episode */
export function showPlaying(episode) {
  if (!session) return;
  const src = episode && imageUrl(episode);
  session.metadata = episode && new MediaMetadata({
    title: episode.title, artist: episode.series?.name ?? "", artwork: src ? [{ src }] : [],
  });
}
