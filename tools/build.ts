/**
 * Bundles src/main.ts for images and releases, beside the licences of everything that is in the bundle: into dist/, or
 * into the directory given. `sekisho` in there starts it.
 */

import {
  copyFileSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { build, type Plugin } from "esbuild";

const root = join(import.meta.dirname, "..");
const dist = resolve(process.argv[2] ?? join(root, "dist"));

/** Some dependencies are CommonJS and call `require` for modules of Node. */
const requireForCommonJs =
  'import { createRequire as sekishoCreateRequire } from "node:module"; const require = sekishoCreateRequire(import.meta.url);';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/** `node_modules/@scope/name/lib/x.js` → `node_modules/@scope/name`; undefined for our own files. */
function packageFolder(input: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}

function formatLicence(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
  const files = readdirSync(join(root, folder)).filter((file) =>
    /^(licen[cs]e|notice|copying)/i.test(file),
  );
  const texts = files.map((file) => readFileSync(join(root, folder, file), "utf8").trim());
  const text =
    texts.length > 0
      ? texts.join("\n\n")
      : "(the package ships no licence text; that of Apache-2.0 is in LICENSE)";
  return `${manifest.name} ${manifest.version} (${manifest.license})\n\n${text}\n`;
}

/** A file of ours that the program starts as a process of its own. */
const programReference = /new URL\("(\.{1,2}\/[^"]+\.ts)", import\.meta\.url\)/g;

/** `src/workloads/images/echo/server.ts` → `workloads-images-echo-server`: all outputs lie in one folder. */
function outputName(source: string): string {
  return relative(join(root, "src"), source).replace(/\.ts$/, "").replaceAll("/", "-");
}

/** The programs that source files refer to, by output name. */
function findPrograms(): Readonly<Record<string, string>> {
  const files = globSync("src/**/*.ts", { cwd: root }).filter((file) => !file.endsWith(".test.ts"));
  const programs = files.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(programReference)].map((match) =>
      join(root, dirname(file), match[1] ?? ""),
    ),
  );
  return Object.fromEntries(programs.map((program) => [outputName(program), program]));
}

/** Lets references to programs lead to their bundles. */
const programLinks: Plugin = {
  name: "program links",
  setup: (bundler) => {
    bundler.onLoad({ filter: /\.ts$/, namespace: "file" }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      if (!path.startsWith(join(root, "src")) || !text.includes("import.meta.url"))
        return undefined;
      const contents = text.replaceAll(programReference, (_, program: string) => {
        const name = outputName(join(dirname(path), program));
        return `new URL("./${name}.mjs", import.meta.url)`;
      });
      return { contents, loader: "ts" };
    });
  },
};

/** Starts the bundle under the Node on the PATH as `./sekisho` starts the working copy: see there and in tools/node. */
function launcher(): string {
  const flags = readFileSync(join(root, "tools/node-flags"), "utf8").trim();
  return `#!/bin/sh
MALLOC_ARENA_MAX=\${MALLOC_ARENA_MAX-1} exec node ${flags} "\${0%/*}/sekisho.mjs" "$@"
`;
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { sekisho: "src/main.ts", ...findPrograms() },
  outdir: dist,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  // What is loaded when it is first needed, as the SDK of AWS, stays out of the program's own file.
  splitting: true,
  chunkNames: "part-[hash]",
  platform: "node",
  format: "esm",
  target: "node26",
  minifySyntax: true,
  legalComments: "none",
  sourcemap: "linked",
  metafile: true,
  banner: { js: requireForCommonJs },
  plugins: [programLinks],
});
const folders = new Set(
  Object.keys(metafile.inputs).flatMap((input) => packageFolder(input) ?? []),
);
const licences = [...folders].sort().map(formatLicence);
writeFileSync(join(dist, "THIRD-PARTY-LICENSES.txt"), licences.join(`\n${"-".repeat(80)}\n\n`));
writeFileSync(join(dist, "sekisho"), launcher(), { mode: 0o755 });
for (const file of ["LICENSE", "NOTICE"]) copyFileSync(join(root, file), join(dist, file));

for (const [file, { bytes }] of Object.entries(metafile.outputs)) {
  console.log(`${relative(dist, resolve(root, file))} ${Math.ceil(bytes / 1024)} KiB`);
}
console.log(`licences of ${folders.size} packages`);
