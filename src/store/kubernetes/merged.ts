/** Several streams as one, in the order of arrival; each waits until what it gave was taken. */

/** Throws the first error of any; ends when all have ended. Whoever leaves earlier has to end them. */
export async function* merged<T>(streams: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  const next = (stream: AsyncGenerator<T>): Promise<Arrival<T>> =>
    stream.next().then((result) => ({ stream, result }));
  const waiting = new Map(streams.map((stream) => [stream, next(stream)]));
  try {
    while (waiting.size > 0) {
      const { stream, result } = await Promise.race(waiting.values());
      if (result.done === true) {
        waiting.delete(stream);
        continue;
      }
      // Behind the others, so that a busy stream cannot keep them from being heard.
      waiting.delete(stream);
      yield result.value;
      waiting.set(stream, next(stream));
    }
  } finally {
    for (const pending of waiting.values()) {
      // Whoever leaves ends the streams, too; what they still say is asked for no more.
      pending.catch(() => undefined);
    }
  }
}

interface Arrival<T> {
  readonly stream: AsyncGenerator<T>;
  readonly result: IteratorResult<T, undefined>;
}
