// The system's media controls: lock screen, headset and keyboard keys.

import { imageUrl } from "../episode/art.js";

/** Not in every browser. @type {MediaSession | undefined} */
const session = navigator.mediaSession;

/** @param {Partial<Record<MediaSessionAction, MediaSessionActionHandler>>} handlers by action */
export function handleActions(handlers) {
  for (const [action, handler] of Object.entries(handlers)) {
    session?.setActionHandler(/** @type {MediaSessionAction} */ (action), handler);
  }
}

/** Shows which episode plays, or that none does. @param {Episode | null} episode */
export function showPlaying(episode) {
  if (!session) return;
  const src = episode && imageUrl(episode);
  session.metadata = episode && new MediaMetadata({
    title: episode.title, artist: episode.series?.name ?? "", artwork: src ? [{ src }] : [],
  });
}
