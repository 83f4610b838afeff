/** Reads a README as a script: its shell commands, each with the output it promises. */

export interface Command {
  readonly shell: string;
  /** The text block that follows; undefined when nothing is promised. `…` stands for anything in its line; alone in a line, for any lines. */
  readonly promised?: string;
}

/** The commands of all `sh` blocks, in order; lines that end in `\` go on. */
export function commandsIn(readme: string): readonly Command[] {
  const blocks = [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    language: language ?? "",
    text: text ?? "",
  }));
  return blocks.flatMap(({ language, text }, index) => {
    if (language !== "sh") return [];
    const next = blocks[index + 1];
    return [{ shell: text, ...(next?.language === "text" && { promised: next.text }) }];
  });
}

/** Whether an output keeps a promise. */
export function keeps(promised: string, output: string): boolean {
  const lines = promised.trimEnd().split("\n");
  const pattern = lines
    .map((line) => (line.trim() === "…" ? "(?:.*\\n)*" : `${lineText(line)}\\n`))
    .join("");
  return new RegExp(`^${pattern}$`).test(`${output.trimEnd()}\n`);
}

function lineText(line: string): string {
  return line
    .split("…")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
}
