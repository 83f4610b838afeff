/** Text that arrives on a stream, and waiting for a part of it. */

import assert from "node:assert/strict";
import type { Readable } from "node:stream";

export interface ReceivedText {
  /** Everything so far. */
  readonly text: () => string;
  /** Resolves once the text from position `from` on fits, to that text; rejects when the stream ends before. */
  readonly until: (fits: string | RegExp, from?: number) => Promise<string>;
}

export function receiveText(stream: Readable): ReceivedText {
  const state = { text: "", isOver: false };
  let turn = Promise.withResolvers<void>();
  const wake = (): void => {
    turn.resolve();
    turn = Promise.withResolvers();
  };
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    state.text += chunk;
    wake();
  });
  stream.on("close", () => {
    state.isOver = true;
    wake();
  });
  return {
    text: () => state.text,
    until: async (fits, from = 0) => {
      for (;;) {
        const text = state.text.slice(from);
        if (typeof fits === "string" ? text.includes(fits) : fits.test(text)) return text;
        assert.ok(!state.isOver, `${fits} is not in ${text}`);
        await turn.promise;
      }
    },
  };
}
