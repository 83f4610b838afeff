/** The rules of the house that a test can state, as data, applied to this repository; test/architecture/ shows that each can fail. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { compilerOptions } from "./architecture/compiler-options.ts";
import {
  findDependencyGaps,
  findLooseVersions,
  findUnverifiedPackages,
} from "./architecture/dependencies.ts";
import { findDeadLinks, findDeadNames, findForbiddenTexts } from "./architecture/documents.ts";
import {
  findBooleanArguments,
  findDeadExports,
  findUntoldExports,
} from "./architecture/exports.ts";
import {
  findBuiltSentences,
  findShoutedErrors,
  findSwallowedErrors,
} from "./architecture/failures.ts";
import {
  findDefaultExports,
  findImpureTranslators,
  findLocaleOrders,
  findLongFiles,
  findMissingOpenings,
  findReExports,
  findSleepingTests,
  findUncodedErrors,
  findVagueNames,
} from "./architecture/file-shape.ts";
import type { ImportTable, PackageHomes } from "./architecture/imports.ts";
import {
  findForbiddenImports,
  findForbiddenPackages,
  findSiblingImports,
  findSimulatorImports,
  findUnmarkedCrossings,
} from "./architecture/imports.ts";
import type { Exception } from "./architecture/language.ts";
import {
  findDoubleCasts,
  findForeignForms,
  findModuleState,
  findSilencedTools,
  findSlackOptions,
  findUnusedExceptions,
} from "./architecture/language.ts";
import type { Allowance } from "./architecture/outside-world.ts";
import { findOutsideUses, findUnusedAllowances } from "./architecture/outside-world.ts";
import type { PlugPoint } from "./architecture/plug-ins.ts";
import { findPlugInProblems, findUnknownConcerns } from "./architecture/plug-ins.ts";
import { readSources } from "./architecture/sources.ts";
import { findForeignStatuses } from "./architecture/status-writers.ts";
import { findDeadCode, findVagueWords } from "./architecture/words.ts";
import { statusWriters } from "./architecture/written-statuses.ts";

/** Folder under src → folders or modules it may import. A change here is a decision record. */
const importTable: ImportTable = {
  base: [],
  runtime: ["base"],
  model: ["base"],
  kinds: ["base"],
  crypto: ["base"],
  config: ["base"],
  store: ["base", "runtime", "kinds"],
  sources: ["base", "runtime", "kinds", "store"],
  dialects: ["base", "kinds", "model"],
  authorization: ["base", "runtime", "crypto", "gen"],
  envoy: [
    "base",
    "model",
    "gen",
    "authorization/policy",
    "authorization/htpasswd",
    "crypto/jose/key-set",
  ],
  xds: ["base", "runtime", "envoy", "gen"],
  proxies: ["base", "runtime", "crypto", "kinds", "model", "envoy", "store", "gen"],
  status: ["base", "model", "kinds", "store"],
  certificates: [
    "base",
    "runtime",
    "crypto",
    "kinds",
    "store",
    "model/handshake-answer",
    "model/solver-route",
    "model/wanted-certificate",
    "envoy/secret-source",
  ],
  workloads: ["base", "runtime", "kinds", "store"],
  gate: [
    "base",
    "runtime",
    "kinds",
    "store",
    "sources",
    "dialects",
    "model",
    "envoy",
    "xds",
    "proxies",
    "status",
    "certificates",
    "workloads",
    "api",
    "pipeline",
  ],
  api: ["base", "runtime", "kinds", "store", "gate"],
  "pipeline.ts": ["base", "kinds", "dialects", "model", "envoy"],
  cli: "anything",
  "main.ts": "anything",
};

/** Package → where under src it may be imported. */
const packageHomes: PackageHomes = {
  "@aws-sdk/client-route-53": ["certificates/dns-providers/route53"],
  "@aws-sdk/client-sts": ["certificates/aws"],
  "@aws-sdk/credential-provider-node": ["certificates/aws"],
  "@bufbuild/protobuf": ["authorization", "envoy", "xds", "proxies"],
  "@connectrpc/connect": ["authorization", "xds"],
  "@connectrpc/connect-node": ["authorization", "xds"],
  "@smithy/signature-v4": ["certificates/aws"],
  "alien-signals": ["base/tracked"],
  bcryptjs: ["authorization/passwords"],
  commander: ["cli", "main.ts"],
  "js-yaml": ["cli"],
  pino: ["runtime"],
  "prom-client": ["runtime"],
  re2js: ["base/re2.ts"],
};

/** Who may touch the outside world without src/runtime, and why. */
const allowances: readonly Allowance[] = [
  { place: "runtime", uses: ["anything"], reason: "the real clock, random, network, files" },
  {
    place: "base/content-hash.ts",
    uses: ["node:crypto"],
    reason: "a hash is a pure function of its input",
  },
  {
    place: "authorization/passwords/hash-worker.ts",
    uses: ["node:os", "node:worker_threads"],
    reason: "a thread of its own: what it hears and how it yields to others is said to it alone",
  },
  {
    place: "certificates/key-worker.ts",
    uses: ["node:os", "node:worker_threads"],
    reason: "a thread of its own: what it hears and how it yields to others is said to it alone",
  },
  {
    place: "base/sha256.ts",
    uses: ["node:crypto"],
    reason: "a hash is a pure function of its input",
  },
  {
    place: "crypto",
    uses: ["node:crypto"],
    reason: "keys and signatures: what is random in them must not be predictable in any run",
  },
  {
    place: "store/embedded",
    uses: ["node:sqlite"],
    reason: "its database, one file; the path arrives as an argument",
  },
  {
    place: "workloads/isolation/relay.ts",
    uses: ["anything"],
    reason: "a program of its own that runs inside a pod's namespaces",
  },
  {
    place: "workloads/images",
    uses: ["anything"],
    reason:
      "stand-ins are programs of their own that the gate starts; they stand for other people's servers",
  },
];

const plugPoints: readonly PlugPoint[] = [
  {
    folder: "src/dialects",
    except: ["common"],
    registry: "src/dialects/all.ts",
    needs: ["README.md", "cases"],
  },
  {
    folder: "src/certificates/dns-providers",
    except: [],
    registry: "src/certificates/dns-providers/all.ts",
    needs: ["README.md"],
  },
  {
    folder: "src/workloads/images",
    except: [],
    registry: "src/workloads/images/all.ts",
    needs: ["README.md"],
  },
];

/** What dialects have in common: each has one name, and a dialect's file about it bears that name. */
const concerns = [
  ...["access-control", "action", "annotations", "answer-headers", "authorization", "backend"],
  ...["balancing", "cert-manager", "challenge", "class", "client-certificates", "conditions"],
  ...[
    "cors",
    "delegation",
    "error-pages",
    "external-dns",
    "headers",
    "health-check",
    "host",
    "hsts",
  ],
  ...["kept-limits", "listeners", "locations", "next-upstream", "path", "policies", "rate-limit"],
  ...["rate-limit-keys", "rate-limit-tiers", "route", "service", "session", "sign-in"],
  ...["stream", "stream-health-check", "tls", "tokens", "unapplied", "upstream-tls", "variables"],
];

/** State at the top of a file that is right there. */
const moduleState: readonly Exception[] = [
  {
    place: "runtime/real-files.ts",
    name: "lastNumber",
    reason: "numbers temporary files, which must not meet in one process",
  },
  {
    place: "gate/statuses/standalone-status.ts",
    name: "expiries",
    reason: "what a pure function gave, kept by the object it was asked about",
  },
  {
    place: "envoy/encode-message.ts",
    name: "membersBySchema",
    reason: "what a pure function gave, kept by the schema it was asked about",
  },
];

/** Casts that the compiler cannot follow. */
const doubleCasts: readonly Exception[] = [
  {
    place: "api",
    reason: "what crosses the socket was written by the same version of this program",
  },
];

const sources = readSources(join(import.meta.dirname, ".."));

function expectNone(breaches: readonly string[]): void {
  assert.deepEqual(breaches, []);
}

test("folders import only what the import table allows", () => {
  expectNone(findForbiddenImports(sources, importTable));
});

test("imports between folders are marked by #, imports within a folder are relative", () => {
  expectNone(findUnmarkedCrossings(sources));
});

test("each package is imported only where it is at home", () => {
  expectNone(findForbiddenPackages(sources, packageHomes));
});

test("one plug-in never imports another", () => {
  expectNone(plugPoints.flatMap(({ folder }) => findSiblingImports(sources, folder)));
});

test("simulators share no code with what they judge", () => {
  expectNone(findSimulatorImports(sources));
});

test("every plug-in folder is registered, has a README and cases", () => {
  expectNone(plugPoints.flatMap((point) => findPlugInProblems(sources, point)));
});

test("the same concern has the same file name in every dialect", () => {
  expectNone(findUnknownConcerns(sources, concerns));
});

test("clock, random, network, files and processes are reached through src/runtime only", () => {
  expectNone(findOutsideUses(sources, allowances));
});

test("every allowance to reach outside is still needed", () => {
  expectNone(findUnusedAllowances(sources, allowances));
});

test("translators neither wait nor throw", () => {
  expectNone(findImpureTranslators(sources));
});

test("no file is longer than 400 lines", () => {
  expectNone(findLongFiles(sources));
});

test("every file opens with a sentence that says what it is", () => {
  expectNone(findMissingOpenings(sources));
});

test("file and folder names name a thing", () => {
  expectNone(findVagueNames(sources));
});

test("nothing is exported by default and nothing is re-exported", () => {
  expectNone([...findDefaultExports(sources), ...findReExports(sources)]);
});

test("every error class says code and retryable", () => {
  expectNone(findUncodedErrors(sources));
});

test("order does not depend on the locale of the machine", () => {
  expectNone(findLocaleOrders(sources));
});

test("tests do not sleep", () => {
  expectNone(findSleepingTests(sources));
});

test("no text leaves work for later or names one machine, a registry host or the work list", () => {
  expectNone(findForbiddenTexts(sources));
});

test("the documents name only files that exist", () => {
  expectNone(findDeadNames(sources, "docs/architecture.md", 15));
  expectNone(findDeadNames(sources, "CONTRIBUTING.md", 10));
  expectNone(findDeadNames(sources, "README.md", 1));
  expectNone(findDeadLinks(sources));
});

test("docs/decisions/dependencies.md gives a reason for every dependency and for nothing else", () => {
  expectNone(findDependencyGaps(sources, "docs/decisions/dependencies.md"));
});

test("every dependency is pinned to one version", () => {
  expectNone(findLooseVersions(sources));
});

test("every package of the lock file is verified by its checksum and comes from whatever registry npm is set to", () => {
  expectNone(findUnverifiedPackages(sources));
});

test("every export is needed by another file, and by more than tests", () => {
  expectNone(findDeadExports(sources));
});

test("exported functions and classes say in a line what they are", () => {
  expectNone(findUntoldExports(sources));
});

test("no function takes a boolean by position beside other arguments", () => {
  expectNone(findBooleanArguments(sources));
});

test("no error is dropped without its reason", () => {
  expectNone(findSwallowedErrors(sources));
});

test("errors are worded as parts of a sentence, and log lines are fixed ones", () => {
  expectNone([...findShoutedErrors(sources), ...findBuiltSentences(sources)]);
});

test("functions, types and times have names that say what they are", () => {
  expectNone(findVagueWords(sources));
});

test("no comment holds code", () => {
  expectNone(findDeadCode(sources));
});

test("nothing at the top of a file changes", () => {
  expectNone(findModuleState(sources, moduleState));
  expectNone(findUnusedExceptions((left) => findModuleState(sources, left), moduleState));
});

test("the status of a kind is written in one place", () => {
  expectNone(findForeignStatuses(sources, statusWriters));
});

test("the compiler is not told to believe what it cannot see", () => {
  expectNone(findForeignForms(sources));
  expectNone(findDoubleCasts(sources, doubleCasts));
  expectNone(findUnusedExceptions((left) => findDoubleCasts(sources, left), doubleCasts));
  expectNone(findSilencedTools(sources));
});

test("the compiler reads us as strictly as it can", () => {
  expectNone(findSlackOptions(sources, compilerOptions));
});
