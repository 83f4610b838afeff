import { findDeadLinks, findDeadNames, findForbiddenTexts } from "./documents.ts";
import { testRules } from "./rule-samples.ts";

testRules({
  texts: {
    find: findForbiddenTexts,
    bad: [
      [{ "src/a.ts": `// ${"TO"}DO: later\n` }, "src/a.ts:1 leaves work for later"],
      [{ "docs/a.md": `${"FIX"}ME\n` }, "docs/a.md:1 leaves work for later"],
      [{ "docs/a.md": `see /${"work"}/main\n` }, "docs/a.md:1 names a path of one machine"],
      [{ "docs/a.md": `/${"home"}/ann/x\n` }, "docs/a.md:1 names a path of one machine"],
      [
        { "package.json": `"https://registry.${"npmjs"}.org/a"\n` },
        "package.json:1 names a registry host",
      ],
      [{ "a.sh": `pip -i https://${"pypi"}.org/simple\n` }, "a.sh:1 names a registry host"],
      [{ "a.sh": `GOPROXY=https://proxy.${"golang"}.org\n` }, "a.sh:1 names a registry host"],
      [{ "a.md": `../${"shared"}/design.md\n` }, "a.md:1 names a folder outside the repository"],
      [{ "a.md": `Part of ${"issue"} 3.\n` }, "a.md:1 names an item of the work list"],
    ],
    good: { "a.md": "Its workers root out todos: src/work/x.ts, `TODOS`.\n" },
  },
  "names in documents": {
    find: (sources) => findDeadNames(sources, "docs/a.md", 1),
    bad: [
      [{}, "docs/a.md does not exist"],
      [{ "docs/a.md": "nothing\n" }, "docs/a.md names only 0 places"],
      [
        { "docs/a.md": "`src/a.ts` and `src/b.ts`\n", "src/b.ts": "" },
        "docs/a.md names src/a.ts, which does not exist",
      ],
      [
        { "docs/a.md": "`src/gone/` and `src/b.ts`\n", "src/b.ts": "" },
        "docs/a.md names src/gone/, which does not exist",
      ],
    ],
    good: { "docs/a.md": "`src/x/b.ts`, `src/x/`, `npm test`\n", "src/x/b.ts": "" },
  },
  links: {
    find: findDeadLinks,
    bad: [
      [{ "docs/a.md": "[b](b.md)\n" }, "docs/a.md links to docs/b.md, which does not exist"],
      [{ "a.md": "[b](docs/b.md#part)\n" }, "a.md links to docs/b.md, which does not exist"],
    ],
    good: {
      "docs/a.md": "[b](../b.md) [c](https://example.com/x) [d](#part) [e](../docs/)\n",
      "b.md": "",
    },
  },
});
