// The system's media controls: lock screen, headset and keyboard keys.

import { imageUrl } from "../episode/art.js";

/** Not in every browser. @type {MediaSession | undefined} */
const session = navigator.mediaSession;

/** @param {Partial<Record<MediaSessionAction, MediaSessionActionHandler>>} handlers */
export function handleActions(handlers) {
  for (const [action, handler] of Object.entries(handlers)) session?.setActionHandler(/** @type {MediaSessionAction} */ (action), handler);
}

/** @param {Episode | null} episode */
export function showPlaying(episode) {
  if (!session) return;
  const image = Object.assign(new Image(), { src: episode && imageUrl(episode) || "icon-512.png" });
  const show = (/** @type {string} */ sizes) => episode && new MediaMetadata({
    title: episode.title, artist: episode.series?.name ?? "", artwork: [{ src: image.src, sizes }],
  });
  const shown = session.metadata = show("");
  image.onload = () => { if (session.metadata === shown) session.metadata = show(`${image.naturalWidth}x${image.naturalHeight}`); };
}

/** @param {HTMLAudioElement} audio */
export function showPosition({ paused, duration, playbackRate, currentTime: position }) {
  if (!session) return;
  session.playbackState = paused ? "paused" : "playing";
  session.setPositionState?.(duration > 0 && duration < Infinity ? { duration, playbackRate, position } : undefined);
}
