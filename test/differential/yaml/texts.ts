/** Random YAML texts: soups of what YAML is made of, values written in many styles, and manifests with small damage. */

import fc from "fast-check";

const scalars = [
  "a",
  "b",
  "key",
  "x y",
  "1",
  "0400",
  "0o17",
  "0x1F",
  "1_000",
  "-5",
  "+3",
  "1.5",
  ".5",
  "1e3",
  "08",
  "22:22",
  "2001-01-01",
  "yes",
  "no",
  "on",
  "off",
  "y",
  "n",
  "true",
  "False",
  "null",
  "~",
  ".inf",
  "-.INF",
  ".nan",
  "<<",
  "=",
  "é",
  "日本",
  "😀",
  "a:b",
  "a#b",
  "-a",
  "?a",
  ":a",
  "http://x.y/z?q=1",
  "0b11",
  "0b-1",
  "1__0",
  "0x",
  "1e400",
  "18446744073709551615",
  "9223372036854775808",
  "-9223372036854775809",
  "12345678901234567",
  "'q'",
  '"q"',
  "'it''s'",
  '"\\n\\x41\\u00e9"',
  '"a\\\n  b"',
  "'a\n b'",
  '"a\n\n b"',
  "''",
  '""',
  "%x",
  "@x",
  "`x",
  "! x",
  "!!str 1",
  "!!int '5'",
  "!!float 3",
  "!!binary aGk=",
  "!foo x",
  "!!bool x",
  "!<!v> x",
  "&a 1",
  "*a",
  "&a",
  "!",
  "!!null ''",
  "!!timestamp 2001-01-01",
  "|",
  ">",
  "|-",
  "|+",
  ">-",
  ">+",
  "|2",
  ">1-",
  "...",
  "---",
  "\u2028",
  "\u0085",
  "\ufeff",
] as const;

const glue = [
  ": ",
  ":",
  ":\n",
  ":\n  ",
  "\n",
  "\n\n",
  "\n ",
  "\n  ",
  "\n    ",
  "- ",
  "-\n",
  "? ",
  "?",
  ", ",
  ",",
  "[",
  "]",
  "{",
  "}",
  " ",
  "  ",
  "\t",
  " #c\n",
  "#c\n",
  "# c",
  "\r\n",
  "\r",
  "\n- ",
  "\n  - ",
  "\n? ",
  "\n: ",
  "\n<<: ",
  ": |\n  ",
  ": >\n  ",
  ": &a ",
  ": *a\n",
  "\n---\n",
  "\n...\n",
  "'",
  '"',
  "\\",
  "&a ",
  "!!str ",
  "|\n",
  ">-\n",
] as const;

/** Anything from what YAML is made of, in any order. */
export const soup: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...scalars), fc.constantFrom(...glue)), { maxLength: 14 })
  .map((parts) => parts.join(""));

const scalar = fc.constantFrom(...scalars.slice(0, 69));
const word = fc.constantFrom("a", "b", "c", "d", "k1", "'q k'", '"z"', "1", "yes", "1.5", "é");
const indentOf = (depth: number): string => "  ".repeat(depth);

interface Writing {
  /** The text of a value that stands behind `key:` or `-` at this depth, with what must come before it. */
  readonly at: (depth: number) => string;
}

const comment = fc.constantFrom("", "", "", " # note", "\n\n", "\n# note");

function blockScalar(): fc.Arbitrary<Writing> {
  const header = fc.constantFrom("|", ">", "|-", ">-", "|+", ">+");
  const line = fc.constantFrom("x", "y z", "  deeper", "", "# no comment", "k: v", "- i");
  return fc.tuple(header, fc.array(line, { minLength: 1, maxLength: 5 })).map(([sign, lines]) => ({
    at: (depth) => ` ${sign}\n${lines.map((text) => indentOf(depth) + text).join("\n")}`,
  }));
}

const { value: flow } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    scalar.filter((text) => !/[|>\n]/.test(text)),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
    fc
      .array(fc.tuple(word, tie("value")), { maxLength: 3 })
      .map((pairs) => `{${pairs.map(([key, value]) => `${key}: ${value}`).join(", ")}}`),
  ),
}));

/** Values written in block and flow styles, mostly well-formed. */
export const written: fc.Arbitrary<string> = fc
  .letrec<{ value: Writing; mapping: Writing }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      scalar.map((text) => ({ at: () => ` ${text}` })),
      flow.map((text) => ({ at: () => ` ${text}` })),
      blockScalar(),
      tie("mapping"),
      fc
        .tuple(fc.array(tie("value"), { minLength: 1, maxLength: 3 }), fc.boolean())
        .map(([items, indented]) => ({
          at: (depth: number) =>
            items
              .map((item) => `\n${indentOf(indented ? depth : depth - 1)}-${item.at(depth + 1)}`)
              .join(""),
        })),
    ),
    mapping: fc
      .array(fc.tuple(word, tie("value"), comment), { minLength: 1, maxLength: 4 })
      .map((pairs) => ({
        at: (depth: number) =>
          pairs
            .map(([key, value, note]) => `\n${indentOf(depth)}${key}:${value.at(depth + 1)}${note}`)
            .join(""),
      })),
  }))
  .mapping.map((writing) => writing.at(0));

const manifest = `apiVersion: v1
kind: List
items:
- apiVersion: networking.k8s.io/v1
  kind: Ingress
  metadata:
    name: cafe   # the shop
    annotations: {nginx.org/x: "a, b", 'y': "1"}
  spec:
    tls:
    - hosts: [cafe.example.com]
      secretName: &s cafe-secret
    rules:
    - host: "cafe.example.com"
      http:
        paths:
        - path: /tea
          pathType: Prefix
          backend: &b
            service: {name: tea, port: {number: 80}}
        - {path: /coffee, pathType: Prefix, backend: *b}
---
kind: ConfigMap
data:
  script: |
    if x; then
      y: z
    fi
  folded: >-
    one
    two

    three
  merged:
    <<: {a: 1}
    b: *missing
`;

/** A manifest with pieces cut out and put in. */
export const damaged: fc.Arbitrary<string> = fc
  .array(
    fc.record({
      at: fc.nat(manifest.length),
      cut: fc.nat(12),
      put: fc.oneof(fc.constant(""), fc.constantFrom(...glue), fc.constantFrom(...scalars)),
    }),
    { maxLength: 3 },
  )
  .map((edits) =>
    edits.reduce(
      (text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut),
      manifest.replace("    b: *missing\n", ""),
    ),
  );

/** JSON texts, also one after the other, with separators, and broken. */
export const json: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(fc.json({ maxDepth: 3 }), { minLength: 1, maxLength: 4 }),
    fc.constantFrom("", "\n", "\n---\n", " ", ",", "\n...\n"),
    fc.constantFrom("", "", "}", "\n", "x: y", "\n---\na: 1"),
  )
  .map(([values, between, after]) => values.map((v) => `{"a": ${v}}`).join(between) + after);
