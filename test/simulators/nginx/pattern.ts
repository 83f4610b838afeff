/** Regular expressions as nginx has them (PCRE over bytes) by JavaScript's. */

/** Where bytes above ASCII go, so that no rule about characters touches them. */
const beyondAscii = 0xe000;

export interface Pattern {
  /** The groups of the first match, the whole of it first; a group that took no part is `""`. */
  readonly match: (bytes: string) => readonly string[] | undefined;
}

/**
 * `bytes` are given as text with a character for each (latin1); `source` is UTF-8. Throws on what it does not know, so
 * that nothing is judged by a guess. Known: literals, classes, groups, alternatives, quantifiers, `^`, `$`, `.`, `\d \w \s`,
 * and `(?i)` in front.
 */
export function compilePattern(source: string, ignoreCase: boolean): Pattern {
  const inline = source.startsWith("(?i)");
  const body = translate(shift(utf8Bytes(inline ? source.slice(4) : source)));
  const expression = new RegExp(body, inline || ignoreCase ? "i" : "");
  return {
    match: (bytes) => {
      const found = expression.exec(shift(bytes));
      return found === null ? undefined : [...found].map((group) => unshift(group ?? ""));
    },
  };
}

/** The bytes of a text, a character for each. */
export function utf8Bytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function shift(bytes: string): string {
  return bytes.replaceAll(/[\x80-\xff]/g, (byte) =>
    String.fromCharCode(beyondAscii + byte.charCodeAt(0)),
  );
}

function unshift(text: string): string {
  return text.replaceAll(/[\ue080-\ue0ff]/g, (byte) =>
    String.fromCharCode(byte.charCodeAt(0) - beyondAscii),
  );
}

function translate(source: string): string {
  if (/\(\?(?!:|<\w)|[*+?}]\+/.test(source)) throw new Error(`not known in a pattern: ${source}`);
  const tokens = /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\(\?(?::|<\w+>)|[\s\S]/g;
  return [...source.matchAll(tokens)].map(([token]) => translateToken(token)).join("");
}

function translateToken(token: string): string {
  if (token.startsWith("[") && token.length > 1) return translateClass(token);
  if (token.startsWith("(?<")) return "(";
  switch (token) {
    // PCRE's dot takes a carriage return, JavaScript's does not.
    case ".":
      return "[^\\n]";
    // Also before a line feed that ends the text (pcrepattern, "Circumflex and dollar").
    case "$":
      return "(?=\\n?(?![\\s\\S]))";
    case "\\s":
      return "[\\t-\\r ]";
    case "\\S":
      return "[^\\t-\\r ]";
    default:
      if (/^\\[A-Za-z0-9]$/.test(token) && !/^\\[dDwWbBtrn]$/.test(token)) {
        throw new Error(`not known in a pattern: ${token}`);
      }
      return token;
  }
}

/** `]` that comes first is a character. */
function translateClass(token: string): string {
  if (/\\[^dwsDW\-\]\\./^]|\[:/.test(token)) throw new Error(`not known in a class: ${token}`);
  return token.replaceAll("\\s", "\\t-\\r ").replace(/^(\[\^?)\](?!$)/, "$1\\]");
}
