/** `sekisho create secret …`: Secrets into the store, without a file that holds a key in the served directory. */

import path from "node:path";
import { Command } from "commander";
import { createRemoteStore } from "#api/remote-store.ts";
import { checkKeyPair } from "#crypto/keys/key-pair.ts";
import type { Draft } from "#store/object-store.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import { dataOption, exampleText, namespaceOption } from "../options.ts";
import { findSocket } from "../running-gate.ts";

interface CreateOptions {
  readonly namespace: string;
  readonly data?: string;
}

/** The API server's limit for the values of a Secret (Kubernetes documentation, "Secrets"). */
const maxSecretBytes = 1024 * 1024;

export function createCommand(context: CommandContext): Command {
  const secret = new Command("secret")
    .summary("store a Secret")
    .description("Stores a Secret in the running gate's store.")
    .addHelpText(
      "after",
      exampleText("sekisho create secret tls cafe-tls --cert cafe.crt --key cafe.key"),
    );
  secret.addCommand(tlsCommand(context)).addCommand(genericCommand(context));
  return new Command("create")
    .summary("store objects made from files")
    .description("Stores objects that are made from files, without a manifest.")
    .addCommand(secret)
    .addHelpText(
      "after",
      exampleText("sekisho create secret tls cafe-tls --cert cafe.crt --key cafe.key"),
    );
}

function tlsCommand(context: CommandContext): Command {
  return new Command("tls")
    .summary("store a certificate and its key")
    .description(
      "Stores a Secret of type kubernetes.io/tls from a PEM certificate chain and its private key.",
    )
    .argument("<name>", "the Secret's name")
    .requiredOption("--cert <file>", "PEM certificate chain, leaf first")
    .requiredOption("--key <file>", "PEM private key")
    .addOption(namespaceOption())
    .addOption(dataOption())
    .addHelpText(
      "after",
      exampleText("sekisho create secret tls cafe-tls --cert cafe.crt --key cafe.key"),
    )
    .action(
      async (
        name: string,
        options: CreateOptions & { readonly cert: string; readonly key: string },
      ) => {
        const chain = await readGiven(context, options.cert);
        const key = await readGiven(context, options.key);
        const checked = checkKeyPair(chain, key);
        if (!checked.ok)
          throw new CommandError(1, checked.error, `check ${options.cert} and ${options.key}`);
        await store(context, options, {
          name,
          type: "kubernetes.io/tls",
          data: { "tls.crt": chain, "tls.key": key },
        });
      },
    );
}

function genericCommand(context: CommandContext): Command {
  return new Command("generic")
    .summary("store files and texts")
    .description("Stores a Secret of type Opaque from files and texts.")
    .argument("<name>", "the Secret's name")
    .option("--from-file <[key=]file...>", "a file; its name is the key when none is given")
    .option("--from-literal <key=text...>", "a text")
    .addOption(namespaceOption())
    .addOption(dataOption())
    .addHelpText(
      "after",
      exampleText("sekisho create secret generic tokens --from-file tokens.json"),
    )
    .action(
      async (
        name: string,
        options: CreateOptions & {
          readonly fromFile?: readonly string[];
          readonly fromLiteral?: readonly string[];
        },
      ) => {
        const data: [string, Uint8Array][] = [];
        for (const given of options.fromFile ?? []) {
          const [key, file] = split(given) ?? [path.basename(given), given];
          data.push([key, await readGiven(context, file)]);
        }
        for (const given of options.fromLiteral ?? []) {
          const pair = split(given);
          if (pair === undefined)
            throw new CommandError(2, `${given} has no key`, "write --from-literal KEY=TEXT");
          data.push([pair[0], Buffer.from(pair[1], "utf8")]);
        }
        await store(context, options, { name, type: "Opaque", data: Object.fromEntries(data) });
      },
    );
}

function split(text: string): readonly [string, string] | undefined {
  const at = text.indexOf("=");
  return at < 1 ? undefined : [text.slice(0, at), text.slice(at + 1)];
}

async function readGiven(context: CommandContext, file: string): Promise<Uint8Array> {
  return await context.files.read(
    path.resolve(context.environment.workingDirectory, file),
    maxSecretBytes,
  );
}

interface SecretContent {
  readonly name: string;
  readonly type: string;
  readonly data: Readonly<Record<string, Uint8Array>>;
}

async function store(
  context: CommandContext,
  options: CreateOptions,
  content: SecretContent,
): Promise<void> {
  const draft: Draft = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: content.name, namespace: options.namespace },
    body: {
      type: content.type,
      data: Object.fromEntries(
        Object.entries(content.data).map(([key, value]) => [
          key,
          Buffer.from(value).toString("base64"),
        ]),
      ),
    },
  };
  const target = createRemoteStore(context.socket, await findSocket(context, options.data));
  await target.create(draft);
  context.environment.terminal.print(`secret/${content.name} created\n`);
}
