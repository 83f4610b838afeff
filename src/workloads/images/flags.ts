/** Command line flags as Go's `flag` package reads them: `-text=a`, `--text a`. */

/** The value of a flag; undefined when it is not given. */
export function flagValue(args: readonly string[], name: string): string | undefined {
  for (const [index, argument] of args.entries()) {
    const match = /^--?([^=]+)(?:=([\s\S]*))?$/.exec(argument);
    if (match === null || match[1] !== name) continue;
    return match[2] ?? args[index + 1];
  }
  return undefined;
}

/** The port of `:5678`, `127.0.0.1:5678` or `5678`; undefined when there is none. */
export function portOf(address: string | undefined): number | undefined {
  const match = /(\d+)$/.exec(address ?? "");
  return match === null ? undefined : Number(match[1]);
}
