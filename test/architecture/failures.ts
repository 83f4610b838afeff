/** How failures are caught, said and logged. */

import type { Sources } from "./sources.ts";
import { codeLines, typeScriptIn } from "./sources.ts";

/** Where a block opens in `text` before `start`, and what stands in it; blocks are indented by the formatter. */
function blockAt(lines: readonly string[], start: number): string {
  const indent = /^ */.exec(lines[start] ?? "")?.[0] ?? "";
  const end = lines.findIndex((line, index) => index > start && line.startsWith(`${indent}}`));
  return lines.slice(start + 1, end < 0 ? undefined : end).join("\n");
}

/** Catches that drop the error and do not say why that is right; in one line, the reason stands in the line before. */
export function findSwallowedErrors(sources: Sources): readonly string[] {
  return typeScriptIn(sources, "src", "without tests").flatMap(([path, text]) => {
    const lines = text.split("\n");
    return lines.flatMap((line, index) => {
      const breach = `${path}:${index + 1} drops an error without a reason`;
      if (/^\s*(\/\/|\*|\/\*)/.test(line)) return [];
      const caught = /\} catch(?: \((\w+)[^)]*\))? \{$/.exec(line);
      if (caught !== null) {
        const body = blockAt(lines, index);
        const name = caught[1];
        const keeps = name !== undefined && new RegExp(`\\b${name}\\b`).test(body);
        return keeps || /^\s*\/\//m.test(body) ? [] : [breach];
      }
      const dropped = /\.catch\(\(\) => (undefined|\{\}|null|false)?/.test(line);
      const isTold = /^\s*\/\//.test(lines[index - 1] ?? "");
      return dropped && !isTold ? [breach] : [];
    });
  });
}

/** Errors are sentences that others put together: lower case, no full stop. What the command line library shows has its own form. */
export function findShoutedErrors(sources: Sources): readonly string[] {
  const firstWords =
    "An?|The|This|That|It|There|Can|Cannot|Could|Expected|Failed|Invalid|Missing|No|Not|Unable|Unknown";
  const shouted = new RegExp(
    `new (?!InvalidArgumentError)\\w*Error\\((?:"[\\w-]+", )?(?:["\`](?:${firstWords})\\b|"[^"]*\\.["\`]\\)|\`[^\`]*\\.\`\\))`,
  );
  return typeScriptIn(sources, "src", "without tests").flatMap(([path, text]) =>
    codeLines(text)
      .filter(([, line]) => shouted.test(line))
      .map(([number]) => `${path}:${number} does not word an error as part of a sentence`),
  );
}

/** A log line is a fixed sentence; what varies is in its fields, so that lines can be counted and found. */
export function findBuiltSentences(sources: Sources): readonly string[] {
  return typeScriptIn(sources, "src", "without tests").flatMap(([path, text]) =>
    codeLines(text)
      .filter(([, line]) =>
        /\blog\.(debug|info|warn|error)\(\s*(`[^`]*\$\{|[^"`]*"[^"]*" \+)/.test(line),
      )
      .map(([number]) => `${path}:${number} builds the sentence of a log line`),
  );
}
