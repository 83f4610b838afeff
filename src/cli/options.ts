/** Options that several commands share, and how their help shows examples. */

import { Option } from "commander";

/** The namespace that is asked about. */
export function namespaceOption(): Option {
  return new Option("-n, --namespace <name>", "the namespace").default("default");
}

/** The same where a cluster may be asked, whose context can name another one. */
export function homeNamespaceOption(): Option {
  return new Option(
    "-n, --namespace <name>",
    'the namespace (default: that of the context, or "default")',
  );
}

/** Which running gate is meant. */
export function dataOption(): Option {
  return new Option(
    "--data <directory>",
    "the data directory of the gate that is meant, when several run",
  );
}

/** The end of a command's help. */
export function exampleText(...commands: readonly string[]): string {
  const title = commands.length === 1 ? "Example" : "Examples";
  return `\n${title}:\n${commands.map((command) => `  $ ${command}`).join("\n")}`;
}
