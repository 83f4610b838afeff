/** Work that is asked for again while it runs. */

/** Runs one round at a time; however many calls come during a round, one more follows it. */
export function coalesced(round: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let waiting: Promise<void> | undefined;
  const start = (): Promise<void> => {
    running = round().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (running === undefined) return start();
    waiting ??= running
      // Who asked for that round has its error, and the next one makes up for it.
      .catch(() => undefined)
      .then(() => {
        waiting = undefined;
        return start();
      });
    return waiting;
  };
}
