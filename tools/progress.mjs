/** Tells a waiting person what goes on and for how long: one living line on a terminal, a line every ten seconds elsewhere. */

/** Says `title` at once; `show` says how far it is, `end` how it ended. */
export function startProgress(title) {
  const terminal = process.stderr.isTTY === true;
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  let detail = "starting";
  process.stderr.write(`sekisho: ${title}\n`);
  const print = () => {
    if (terminal) process.stderr.write(`\r\u001b[K  ${detail} … ${seconds()} s`);
    else process.stderr.write(`sekisho: … ${detail} (${seconds()} s)\n`);
  };
  const timer = setInterval(print, terminal ? 250 : 10_000);
  return {
    show(text) {
      detail = text;
    },
    end(text) {
      clearInterval(timer);
      process.stderr.write(`${terminal ? "\r\u001b[K" : ""}sekisho: ${text} (${seconds()} s)\n`);
    },
  };
}
