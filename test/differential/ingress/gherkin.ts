/** Reads the part of Gherkin that the Ingress conformance features use: steps with texts, and outlines. */

export interface Step {
  readonly text: string;
  /** The text between triple quotes below the step. */
  readonly document?: string;
}

export interface Scenario {
  readonly name: string;
  /** The background's steps first. */
  readonly steps: readonly Step[];
}

/** The scenarios of one feature; an outline gives one for each row of its examples. */
export function parseFeature(text: string): readonly Scenario[] {
  const blocks = splitBlocks(text);
  const background = blocks.find(({ title }) => title.startsWith("Background"));
  return blocks
    .filter(({ title }) => title.startsWith("Scenario"))
    .flatMap((block) => expand(block, background === undefined ? [] : readSteps(background.lines)));
}

interface Block {
  readonly title: string;
  readonly lines: string[];
}

function splitBlocks(text: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const line of text.split("\n")) {
    if (/^\s*(Background|Scenario|Scenario Outline|Examples):/.test(line)) {
      blocks.push({ title: line.trim(), lines: [] });
    } else {
      blocks.at(-1)?.lines.push(line);
    }
  }
  return joinExamples(blocks);
}

/** An `Examples` block belongs to the outline before it. */
function joinExamples(blocks: readonly Block[]): readonly Block[] {
  const joined: Block[] = [];
  for (const block of blocks) {
    const outline = joined.at(-1);
    if (block.title.startsWith("Examples") && outline !== undefined) {
      outline.lines.push("Examples:", ...block.lines);
    } else {
      joined.push(block);
    }
  }
  return joined;
}

function expand(block: Block, background: readonly Step[]): readonly Scenario[] {
  const name = block.title.replace(/^[^:]*:\s*/, "");
  const cut = block.lines.indexOf("Examples:");
  const steps = readSteps(cut < 0 ? block.lines : block.lines.slice(0, cut));
  const [header, ...rows] = cut < 0 ? [] : block.lines.slice(cut + 1).flatMap(tableRow);
  if (header === undefined) return [{ name, steps: [...background, ...steps] }];
  return rows.map((row) => ({
    name: `${name} (${row.map((cell) => JSON.stringify(cell)).join(", ")})`,
    steps: [...background, ...steps.map((step) => ({ text: fill(step.text, header, row) }))],
  }));
}

function fill(text: string, header: readonly string[], row: readonly string[]): string {
  return header.reduce((done, key, index) => done.replaceAll(`<${key}>`, row[index] ?? ""), text);
}

function tableRow(line: string): readonly string[][] {
  const cells = line.trim().startsWith("|") ? line.trim().split("|").slice(1, -1) : [];
  return cells.length === 0 ? [] : [cells.map((cell) => cell.trim())];
}

function readSteps(lines: readonly string[]): readonly Step[] {
  const steps: { text: string; document?: string }[] = [];
  let document: string[] | undefined;
  for (const line of lines) {
    const last = steps.at(-1);
    if (line.trim() === '"""') {
      if (document !== undefined && last !== undefined) last.document = document.join("\n");
      document = document === undefined ? [] : undefined;
    } else if (document !== undefined) {
      document.push(line);
    } else if (/^\s*(Given|When|Then|And) /.test(line)) {
      steps.push({ text: line.trim().replace(/^\w+ /, "") });
    }
  }
  return steps;
}
