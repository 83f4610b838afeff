/** Random regular expressions that both engines know: written by people, and built from a small grammar. */

import fc from "fast-check";

/** As people write them. */
const written = [
  "\\.(gif|jpg|png)$",
  "^/tea",
  "^/tea/(.*)$",
  "tea",
  "^/([^/]+)/(\\w+)",
  "/a.*b",
  "^/(tea|green)/?$",
  "^/[a-z]+/x\\.png$",
  "pot$",
  "^/a(/|$)",
  "/\\d+$",
  "^/te(.)",
  "^(/[^/]*)(/.*)?$",
  ".",
  "é",
  "\\s",
  "^/.$",
];

const atom = fc.constantFrom(
  ..."teabx1".split(""),
  "/",
  "\\.",
  ".",
  "[a-z]",
  "[^/]",
  "[A-Z.]",
  "\\d",
  "\\w",
  "\\W",
  "tea",
  "green",
);

const piece = fc
  .tuple(atom, fc.constantFrom("", "", "", "?", "{1,2}"))
  .map(
    ([text, times]) => `${text.length > 1 && !/^[[\\]/.test(text) ? `(?:${text})` : text}${times}`,
  );

const sequence = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(""));

const group = fc
  .tuple(sequence, fc.constantFrom("(", "(?:"), fc.constantFrom("", "?"), fc.option(sequence))
  .map(
    ([first, open, times, second]) =>
      `${open}${second === null ? first : `${first}|${second}`})${times}`,
  );

/** At most one repetition without end: of several, both engines would try every division of a long path. */
const endless = fc.constantFrom("", "", ".*", "[a-z]+", "[^/]*", "(\\w*)", "(.+?)");

const grown = fc
  .tuple(
    fc.constantFrom("", "^", "^/", "/"),
    fc.array(fc.oneof(sequence, group), { minLength: 1, maxLength: 3 }),
    endless,
    fc.constantFrom("", "", "$"),
  )
  .map(([start, parts, middle, end]) => `${start}${parts.join(middle)}${end}`)
  .filter((text) => (text.match(/[*]|(?<!\\)[+]/g) ?? []).length <= 1);

export const patterns: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.constantFrom(...written), weight: 2 },
  { arbitrary: grown, weight: 1 },
);
