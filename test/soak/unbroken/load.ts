/** Requests at a steady rate over HTTP/1.1 and HTTP/2, in clear text and over TLS, without retries, each answer judged. */

import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import { setImmediate } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import type { Clock } from "#runtime/clock.ts";
import type { ProcessorWaits } from "../processor-waits.ts";
import type { Subject, World } from "./changes.ts";
import { Judgement, type Verdict } from "./judgement.ts";

export interface Ports {
  readonly http: number;
  readonly https: number;
}

export interface Report extends Verdict {
  readonly requests: number;
  /** How many requests each way of asking made. */
  readonly ways: Readonly<Record<string, number>>;
}

const neverSent = "HTTP/2, held back by the client and asked again";
/** The last stream that a peer that says goodbye takes: beyond it, it refused; up to it, it never saw what was refused. */
const lastStreamIds = new WeakMap<http2.ClientHttp2Session, number>();
/** HTTP/2 connections: Envoy takes 100 streams on each at once, and Node is slow where thousands wait for one. */
const sessions = 8;
const tick = Temporal.Duration.from({ milliseconds: 10 });

/** Asks once; resolves to what is compared with a timeline, rejects when there was no answer. */
type Ask = (subject: Subject) => Promise<string>;

export class OpenLoop {
  readonly #clock: Clock;
  readonly #world: World;
  readonly #tls: number;
  readonly #ways: readonly { readonly name: string; readonly ask: Ask; readonly share: number }[];
  readonly #undo: (() => void)[] = [];
  readonly #open = new Set<Promise<void>>();
  readonly #counts = new Map<string, number>();
  readonly #judgement = new Judgement();
  #requests = 0;
  #cancel: () => void = () => undefined;

  constructor(clock: Clock, world: World, ports: Ports) {
    this.#clock = clock;
    this.#world = world;
    const kept = new http.Agent({ keepAlive: true, maxSockets: 16, scheduling: "fifo" });
    this.#undo.push(() => kept.destroy());
    const pool = Array.from({ length: sessions }, () => this.#sessionTo(ports.http));
    let turn = 0;
    const session = (): http2.ClientHttp2Session => {
      turn = (turn + 1) % sessions;
      const next = pool[turn];
      if (next === undefined) throw new Error("no session");
      return next();
    };
    this.#ways = [
      { name: "HTTP/1.1, kept", share: 9, ask: ({ host }) => overHttp1(ports.http, host, kept) },
      { name: "HTTP/1.1, new", share: 1, ask: ({ host }) => overHttp1(ports.http, host, false) },
      { name: "HTTP/2", share: 10, ask: ({ host }) => this.#overNextHttp2(session, host) },
    ];
    this.#tls = ports.https;
  }

  /** Begins to ask so often a second; handshakes for the certificate are some of it. */
  start(perSecond: number): void {
    const began = this.#clock.monotonicMs();
    const turns = this.#ways.flatMap((way) => Array.from({ length: way.share }, () => way));
    const send = (): void => {
      const due = Math.floor(((this.#clock.monotonicMs() - began) / 1000) * perSecond);
      for (; this.#requests < due; this.#requests += 1) {
        const way = turns[this.#requests % turns.length];
        const { subjects } = this.#world;
        const subject = subjects[this.#requests % subjects.length];
        if (this.#requests % 50 === 0) this.#handshake();
        else if (way !== undefined && subject !== undefined) this.#judge(way, subject);
      }
      this.#cancel = this.#clock.after(tick, send);
    };
    send();
  }

  /** Ends it once every request has its answer, and `waits`, by which late ones are judged. */
  async stop(waits: ProcessorWaits): Promise<Report> {
    this.#cancel();
    await Promise.all(this.#open);
    waits.stop();
    for (const undo of this.#undo) undo();
    return {
      ...this.#judgement.end(waits),
      requests: this.#requests,
      ways: Object.fromEntries(this.#counts),
    };
  }

  /** What the client's own library did not send any more, as the peer had said goodbye, is asked on the next connection. */
  async #overNextHttp2(next: () => http2.ClientHttp2Session, host: string): Promise<string> {
    // At a hot restart all connections are told goodbye, one soon after the other.
    for (let heldBack = 0; ; heldBack += 1) {
      try {
        return await overHttp2(next(), host);
      } catch (error) {
        if (!(error instanceof NeverSentError) || heldBack === sessions) throw error;
        this.#counts.set(neverSent, (this.#counts.get(neverSent) ?? 0) + 1);
      }
    }
  }

  #handshake(): void {
    const subject = { host: "tls.test", timeline: this.#world.certificate };
    this.#judge({ name: "TLS, new", ask: () => overTls(this.#tls) }, subject);
  }

  #judge(way: { readonly name: string; readonly ask: Ask }, subject: Subject): void {
    this.#counts.set(way.name, (this.#counts.get(way.name) ?? 0) + 1);
    const sentMs = this.#clock.monotonicMs();
    const asked = `${way.name} ${subject.host}`;
    const judged = way
      .ask(subject)
      .catch((error: unknown) => `no answer: ${error instanceof Error ? error.message : error}`)
      .then((answer) => {
        const answeredMs = this.#clock.monotonicMs();
        this.#judgement.judge(subject.timeline, { answer, sentMs, answeredMs, asked });
      })
      .finally(() => this.#open.delete(judged));
    this.#open.add(judged);
  }

  /** One session at a time; a new one when the peer says goodbye. */
  #sessionTo(port: number): () => http2.ClientHttp2Session {
    let session: http2.ClientHttp2Session | undefined;
    const open = (): http2.ClientHttp2Session => {
      const opened = http2.connect(`http://127.0.0.1:${port}`);
      const leave = (): void => {
        if (session === opened) session = undefined;
      };
      opened.on("goaway", (_code, lastStreamId) => {
        lastStreamIds.set(opened, lastStreamId);
        leave();
      });
      opened.on("close", leave);
      opened.on("error", leave);
      return opened;
    };
    this.#undo.push(() => session?.destroy());
    return () => {
      session ??= open();
      return session;
    };
  }
}

/** Nothing of a request has left the client. */
class NeverSentError extends Error {}

function overHttp1(port: number, host: string, agent: http.Agent | false): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path: "/", headers: { host }, agent };
    http
      .get(options, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk;
        });
        response.once("end", () => resolve(`${response.statusCode} ${body}`));
        response.once("error", reject);
        response.once("close", () => reject(new Error("closed before the end")));
      })
      .once("error", reject);
  });
}

function overHttp2(session: http2.ClientHttp2Session, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":path": "/", ":authority": host });
    let status: number | undefined;
    let body = "";
    stream.once("response", (headers) => {
      status = headers[":status"];
    });
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    stream.once("end", () => resolve(`${status} ${body}`));
    stream.once("error", async (error) => {
      // The word of the goodbye comes by an event of its own.
      await setImmediate();
      const refused = stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM;
      const wasTaken = (stream.id ?? 0) <= (lastStreamIds.get(session) ?? -1);
      reject(refused && wasTaken ? new NeverSentError(error.message) : error);
    });
    // A stream that is cancelled only closes.
    stream.once("close", () => {
      if (stream.errored === null) reject(new Error("closed before the end"));
    });
    stream.end();
  });
}

/** A handshake of its own and a request: the serial number of the certificate, where the request is answered well. */
async function overTls(port: number): Promise<string> {
  const session = http2.connect(`https://127.0.0.1:${port}`, {
    servername: "tls.test",
    rejectUnauthorized: false,
  });
  // What goes wrong is told by the request, and behind its answer nothing matters.
  session.on("error", () => undefined);
  try {
    const [, socket] = (await once(session, "connect")) as [unknown, TLSSocket];
    const serial = socket.getPeerX509Certificate()?.serialNumber ?? "no certificate";
    const answer = await overHttp2(session, "tls.test");
    return answer === "200 a" ? serial : answer;
  } finally {
    session.close();
  }
}
