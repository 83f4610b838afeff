/** How functions, types and times are named. */

import type { Sources } from "./sources.ts";
import { codeLines, typeScriptIn } from "./sources.ts";

interface Wording {
  readonly pattern: RegExp;
  readonly what: string;
}

const wordings: readonly Wording[] = [
  {
    pattern:
      /\bfunction\*? (process|handle|manage)([A-Z]\w*)?[(<]|^ {2}(async )?#?(process|handle|manage)([A-Z]\w*)?\(.*\{$|^(export )?const (process|handle|manage)([A-Z]\w*)? = (async )?\(/,
    what: "names a function process, handle or manage, which says nothing",
  },
  {
    pattern: /\b(class|interface|type) (I[A-Z][a-z]\w*|\w+(Impl|Manager|Helper|Utils?))\b/,
    what: "names a type by its form, not by what it is",
  },
  {
    pattern:
      /\b(\w*(?:[Tt]imeout|[Dd]elay|[Ii]nterval|[Dd]uration|[Pp]eriod|[Ll]ifetime))\??: number\b/,
    what: "has a time as a number without its unit",
  },
];

/** Names that the house style refuses. */
export function findVagueWords(sources: Sources): readonly string[] {
  return typeScriptIn(sources, "src", "without tests").flatMap(([path, text]) =>
    codeLines(text).flatMap(([number, line]) =>
      wordings
        .filter(({ pattern }) => pattern.test(line))
        .map(({ what }) => `${path}:${number} ${what}`),
    ),
  );
}

/** Comments that hold code: what was there is in Git. */
export function findDeadCode(sources: Sources): readonly string[] {
  const code =
    /^\s*\/\/\s*((const|let|if|for|while|return|import|export|await|function|switch)\b.*[;{]|[\w.]+\(.*\);|[}\])]+[;,]?)\s*$/;
  return ["src", "test", "tools"]
    .flatMap((folder) => typeScriptIn(sources, folder, "with tests"))
    .filter(([path]) => !path.startsWith("test/architecture/"))
    .flatMap(([path, text]) =>
      text
        .split("\n")
        .flatMap((line, index) =>
          code.test(line) ? [`${path}:${index + 1} holds code in a comment`] : [],
        ),
    );
}
