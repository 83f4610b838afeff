/** A client as thin as one can be: HTTP/1.1 with keep-alive on one connection, one request at a time. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export interface ProbeAnswer {
  readonly status: number;
  readonly body: string;
}

interface Waiting {
  readonly resolve: (answer: ProbeAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** No answer that is measured takes longer; then the server hangs. */
const longestAnswerMs = 10_000;

export class HttpProbe implements Disposable {
  readonly #port: number;
  readonly #serverName: string | undefined;
  #socket: Socket | undefined;
  #waiting: Waiting | undefined;
  #received = "";
  #ended = 0;

  /** With a server name it speaks TLS. */
  constructor(port: number, serverName?: string) {
    this.#port = port;
    this.#serverName = serverName;
  }

  /** How many connections the server has ended under this client. */
  get connectionsEnded(): number {
    return this.#ended;
  }

  /** Asks, with these header lines; a request that met a connection closed meanwhile is asked once more on a new one, as browsers do. */
  async ask(host: string, path = "/", lines: readonly string[] = []): Promise<ProbeAnswer> {
    const isReused = this.#socket !== undefined;
    const text = [`GET ${path} HTTP/1.1`, `Host: ${host}`, ...lines, "", ""].join("\r\n");
    try {
      return await this.#askOnce(text);
    } catch (error) {
      if (!isReused) throw error;
      return await this.#askOnce(text);
    }
  }

  /** The next request opens a new connection. */
  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #askOnce(text: string): Promise<ProbeAnswer> {
    const socket = this.#socket ?? (await this.#open());
    const answer = new Promise<ProbeAnswer>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    socket.write(text);
    return await answer;
  }

  async #open(): Promise<Socket> {
    const socket = await this.#connect();
    this.#received = "";
    this.#socket = socket;
    socket.setTimeout(longestAnswerMs, () => socket.destroy(new Error("no answer in 10 s")));
    socket.setEncoding("latin1").on("data", (chunk: string) => this.#take(chunk));
    socket.on("error", (error) => this.#fail(socket, error));
    socket.on("close", () => this.#fail(socket, new Error("the connection was closed")));
    return socket;
  }

  async #connect(): Promise<Socket> {
    const to = { host: "127.0.0.1", port: this.#port, noDelay: true };
    if (this.#serverName === undefined) {
      const socket = connect(to);
      await once(socket, "connect");
      return socket;
    }
    const socket = connectTls({ ...to, servername: this.#serverName, rejectUnauthorized: false });
    await once(socket, "secureConnect");
    return socket;
  }

  #take(chunk: string): void {
    this.#received += chunk;
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd < 0) return;
    const head = this.#received.slice(0, headEnd);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    const end = headEnd + 4 + length;
    if (this.#received.length < end) return;
    const body = this.#received.slice(headEnd + 4, end);
    this.#received = this.#received.slice(end);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (/\r\nconnection: *close/i.test(head)) this.#forget();
    waiting?.resolve({ status: Number(head.slice(9, 12)), body });
  }

  #forget(): void {
    this.#ended += 1;
    this.close();
  }

  #fail(socket: Socket, error: Error): void {
    if (this.#socket !== socket) return;
    this.#forget();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
  }
}
