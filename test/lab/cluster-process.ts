/** The program `cluster` as a child: it runs one lab for as long as we hold its standard input. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { lastWords } from "./last-words.ts";

/** What runs in a lab beside pods. */
export type Component =
  | "etcd"
  | "apiserver"
  | "controller-manager"
  | "scheduler"
  | "podhost"
  | "kube-proxy";

export interface ClusterProcess extends AsyncDisposable {
  /** The first process of the lab's namespaces. */
  readonly pid: number;
  /**
   * Resolves when it is done. `stop` asks politely, which an API server with open watches takes a minute for; `kill` does
   * not. A component stays away until it is started; an API server is started when it answers.
   */
  readonly order: (verb: "start" | "stop" | "kill", component: Component) => Promise<void>;
}

export interface ClusterOptions {
  /** Its state; removed when it ends. */
  readonly directory: string;
  /** The folder of all programs. */
  readonly programs: string;
  /** The file of images. */
  readonly images: string;
  /** Flags that kube-apiserver gets beside its usual ones. */
  readonly apiserverFlags: readonly string[];
}

/** A line that it prints, see programs/cluster/event.go. */
interface ClusterEvent {
  readonly event: "started" | "ready" | "done" | "failed" | "exited";
  readonly pid?: number;
  readonly name?: string;
  readonly reason?: string;
}

/** Starts it; resolves when the API server answers and the node was started. */
export async function startCluster(options: ClusterOptions): Promise<ClusterProcess> {
  const { directory, programs, images, apiserverFlags } = options;
  const place = ["-directory", directory, "-binaries", programs, "-images", images];
  const child = spawn(join(programs, "cluster"), [...place, "--", ...apiserverFlags]);
  const exited = once(child, "exit");
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => said.push(chunk));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  /** The next event of one of the kinds; others are passed over. */
  const next = async (...kinds: readonly ClusterEvent["event"][]): Promise<ClusterEvent> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`the lab ended: ${said.join("").trim()}`);
      const event = JSON.parse(value) as ClusterEvent;
      if (event.event === "failed") throw new Error(`${event.name}: ${event.reason}`);
      if (kinds.includes(event.event)) return event;
    }
  };
  const end = async (): Promise<void> => {
    child.stdin.end();
    await exited;
  };
  let last: Promise<unknown> = Promise.resolve();
  try {
    const { pid = 0 } = await next("started");
    await next("ready");
    return {
      pid,
      order: (verb, component) => {
        const done = last.then(async () => {
          child.stdin.write(`${verb} ${component}\n`);
          await next("done");
        });
        last = done.catch(() => undefined); // its caller hears of it
        return done;
      },
      [Symbol.asyncDispose]: end,
    };
  } catch (cause) {
    const words = lastWords(directory);
    await end();
    throw new Error(`the lab did not start${words}`, { cause });
  }
}
