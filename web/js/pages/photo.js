// A photo as the seed of a feed.

import { request } from "../auth/call.js";
import { answerOf, Problem } from "../http/problem.js";
import { t } from "../ui/text.js";

const MAX_PX = 1024; // as large as the API looks at it
const QUALITY = 0.85;
const READ_MS = 30_000; // a model may look at it

/** What a feed of this photo is about. @param {File} file @returns {Promise<About>} @throws {Problem} */
export async function readPhoto(file) {
  const body = new FormData();
  body.append("photo", await small(file), "photo.jpg");
  const answer = await request("/seeds/photo", { method: "POST", body, signal: AbortSignal.timeout(READ_MS) });
  const { token, text } = await answerOf(answer);
  return { seed: { token }, label: text };
}

/** A copy of at most `MAX_PX`, upright, without the photo's place, time and device. @param {File} file */
async function small(file) {
  const photo = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => {
    throw new Problem({ title: t("This picture cannot be read"), detail: t("Choose a JPEG, PNG or WebP.") });
  });
  const scale = Math.min(1, MAX_PX / Math.max(photo.width, photo.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [photo.width, photo.height].map((side) => Math.max(1, Math.round(side * scale)));
  canvas.getContext("2d")?.drawImage(photo, 0, 0, canvas.width, canvas.height);
  photo.close();
  /** @type {Blob | null} */
  const copy = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  if (!copy) throw new Problem({ title: t("This picture cannot be read") });
  return copy;
}
