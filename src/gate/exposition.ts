/** Two texts in the Prometheus exposition format → one, in which every metric is described once. */

/** A metric with its description and its samples, as it stands in a text. */
interface Family {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

/**
 * `first` whole, then the metrics of `second`. One that both have under the same type is told by `first` alone: a scraper
 * refuses a text that describes a metric twice. One that `second` itself gives in two parts is put together.
 */
export function mergeExpositions(first: string, second: string): string {
  const taken = new Set(familiesOf(first).map(({ name }) => name));
  const merged = new Map<string, { readonly type: string; text: string }>();
  for (const { name, type, text } of familiesOf(second)) {
    if (taken.has(name)) continue;
    const known = merged.get(name);
    if (known === undefined) merged.set(name, { type, text });
    else if (known.type === type) known.text += samplesOf(text);
  }
  const parts = [first, ...[...merged.values()].map(({ text }) => text)];
  return parts.map((part) => (part === "" || part.endsWith("\n") ? part : `${part}\n`)).join("");
}

const typeLine = /^# TYPE (\S+) (\S+)/;

/** Cut where a `# TYPE` line begins: Envoy's text has no other kind of comment, and ours is not cut but looked at. */
function familiesOf(text: string): readonly Family[] {
  return text.split(/^(?=# TYPE )/m).flatMap((part) => {
    const [, name, type] = typeLine.exec(part) ?? [];
    return name === undefined || type === undefined ? [] : [{ name, type, text: part }];
  });
}

function samplesOf(family: string): string {
  return family.slice(family.indexOf("\n") + 1);
}
