// Server-sent events in the answer of a `fetch`, which can send a body and headers as EventSource cannot.

/**
 * The events of an answer, as they come, with JSON as data. Ignores comments and fields other than `event` and `data`.
 * @param {Response} answer @returns {AsyncGenerator<{ name: string, data: any }>}
 */
export async function* events(answer) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      text += decoder.decode(value, { stream: !done });
      const blocks = text.split(/\r?\n\r?\n/);
      text = blocks.pop() ?? ""; // the last one may go on
      for (const block of blocks) {
        const field = (/** @type {string} */ name) => block.split(/\r?\n/).filter((line) => line.startsWith(`${name}:`))
          .map((line) => line.slice(name.length + 1).replace(/^ /, "")).join("\n");
        if (field("data")) yield { name: field("event") || "message", data: JSON.parse(field("data")) };
      }
      if (done) return;
    }
  } finally {
    reader.cancel().catch(() => {}); // the reader may have gone before the end
  }
}
