/** The questions and orders of Envoy's administration interface that the supervisor needs. */

import type { SocketHttp, SocketResponse } from "#runtime/http/socket-http.ts";
import { SocketHttpError } from "#runtime/http/socket-http.ts";

/** What Envoy has on its hands, the administration interface itself not counted. */
export interface Activity {
  readonly connections: number;
  /** Requests, WebSockets and other streams under way. */
  readonly requests: number;
}

export interface EnvoyAdmin {
  /** True once Envoy serves what it was configured with; false while it starts, drains or is not there. */
  readonly isReady: (signal?: AbortSignal) => Promise<boolean>;
  /** Every answer from now on asks the client to close or leave the connection. */
  readonly failHealthCheck: () => Promise<void>;
  /** Clients are asked to leave; new connections are still taken. */
  readonly startDrain: () => Promise<void>;
  /** New connections are refused from now on; those that are there go on. */
  readonly closeListeners: () => Promise<void>;
  readonly activity: () => Promise<Activity>;
  /** The place of the Envoy that answers in a series of hot restarts; undefined when nobody answers. */
  readonly epoch: () => Promise<number | undefined>;
  /** Connections that the Envoy before this one still has after a hot restart; undefined when nobody answers. */
  readonly parentConnections: () => Promise<number | undefined>;
  /** Opens all log files anew after they were renamed. */
  readonly reopenLogs: () => Promise<void>;
  /** All statistics there are, in the Prometheus text format; throws SocketHttpError. */
  readonly metrics: () => Promise<string>;
  /** Any page, as `/config_dump`; throws SocketHttpError. */
  readonly get: (path: string) => Promise<SocketResponse>;
}

const timeout = Temporal.Duration.from({ seconds: 5 });

/** Asks the Envoy that listens on `socket`; orders throw SocketHttpError when nobody answers. */
export function createEnvoyAdmin(http: SocketHttp, socket: string): EnvoyAdmin {
  const post = async (path: string): Promise<void> => {
    const response = await http.request({ socket, method: "POST", path, timeout });
    if (response.status !== 200) {
      throw new SocketHttpError("other", `Envoy answered ${path} with ${response.status}`);
    }
  };
  const get = (path: string): Promise<SocketResponse> =>
    http.request({ socket, method: "GET", path, timeout });
  const serverStat = async (name: string): Promise<number | undefined> => {
    try {
      const filter = encodeURIComponent(`^server\\.${name}$`);
      const count = /: (\d+)/.exec((await get(`/stats?filter=${filter}`)).body)?.[1];
      return count === undefined ? undefined : Number(count);
    } catch (cause) {
      if (cause instanceof SocketHttpError) return undefined;
      throw cause;
    }
  };
  return {
    get,
    isReady: async (signal) => {
      try {
        const ready = { socket, method: "GET", path: "/ready", timeout } as const;
        return (await http.request(ready, signal)).status === 200;
      } catch (cause) {
        // Not there yet, or no longer: that is the answer.
        if (cause instanceof SocketHttpError) return false;
        throw cause;
      }
    },
    metrics: async () => {
      const { status, body } = await get("/stats/prometheus");
      if (status === 200) return body;
      throw new SocketHttpError(
        "other",
        `Envoy answered the question for statistics with ${status}`,
      );
    },
    failHealthCheck: () => post("/healthcheck/fail"),
    startDrain: () => post("/drain_listeners?graceful&skip_exit"),
    closeListeners: () => post("/drain_listeners"),
    reopenLogs: () => post("/reopen_logs"),
    epoch: () => serverStat("hot_restart_epoch"),
    parentConnections: () => serverStat("parent_connections"),
    activity: async () => {
      const filter = encodeURIComponent(String.raw`^http\.[^.]+\.downstream_(cx|rq)_active$`);
      return parseActivity((await get(`/stats?filter=${filter}`)).body);
    },
  };
}

/** Sums `http.<prefix>.downstream_cx_active: 3` and the same of requests over all prefixes but Envoy's own. */
export function parseActivity(stats: string): Activity {
  let connections = 0;
  let requests = 0;
  for (const line of stats.split("\n")) {
    const match = /^http\.([^.]+)\.downstream_(cx|rq)_active: (\d+)$/.exec(line);
    if (match === null || match[1] === "admin" || match[1] === "async-client") continue;
    if (match[2] === "cx") connections += Number(match[3]);
    else requests += Number(match[3]);
  }
  return { connections, requests };
}
