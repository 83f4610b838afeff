/** A stream read on while its reader is busy, so that what came meanwhile is taken together. */

/** So many are read ahead at most. */
const most = 10_000;

/** What has come since the last look, in order; throws the stream's error behind all of it. Whoever leaves early has to end the stream. */
export async function* readAhead<T>(stream: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  const come: T[] = [];
  let wake = Promise.withResolvers<void>();
  let room = Promise.withResolvers<void>();
  let isOver = false;
  const reading = (async () => {
    for await (const one of stream) {
      come.push(one);
      wake.resolve();
      if (come.length >= most) await room.promise;
    }
  })().finally(() => {
    isOver = true;
    wake.resolve();
  });
  // It is thrown below, behind what came before it.
  reading.catch(() => undefined);
  while (!isOver || come.length > 0) {
    if (come.length === 0) await wake.promise;
    wake = Promise.withResolvers();
    if (come.length > 0) yield come.splice(0);
    room.resolve();
    room = Promise.withResolvers();
  }
  await reading;
}
