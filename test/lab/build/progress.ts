/** Tells a waiting person on standard error what is built, and for how long already. */

const everyMs = 15_000;

export interface Progress {
  /** How far it is. */
  readonly show: (detail: string) => void;
}

/** Says what is done at its beginning, every quarter of a minute, and at its end. */
export async function withProgress<T>(
  title: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const started = performance.now();
  const seconds = (): number => Math.round((performance.now() - started) / 1000);
  const say = (text: string): void => console.error(`lab: ${text}`);
  let shown = "";
  say(title);
  const timer = setInterval(() => say(`… ${title}: ${seconds()} s ${shown}`.trimEnd()), everyMs);
  try {
    const result = await work({ show: (detail) => (shown = detail) });
    say(`${title}: done in ${seconds()} s`);
    return result;
  } finally {
    clearInterval(timer);
  }
}
