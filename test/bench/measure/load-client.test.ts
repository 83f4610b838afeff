import assert from "node:assert/strict";
import { test } from "node:test";
import { parseH2load, parseWrk } from "./load-client.ts";

const wrk = `Running 1s test @ http://localhost:18999/
  1 threads and 50 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.72ms    2.34ms  13.19ms   84.25%
    Req/Sec    18.33k     4.11k   26.80k    70.00%
  Latency Distribution
     50%  812.00us
     75%    3.93ms
     90%    5.96ms
     99%    9.60ms
  18527 requests in 1.03s, 2.67MB read
  Socket errors: connect 0, read 3, write 0, timeout 1
  Non-2xx or 3xx responses: 5
Requests/sec:  18040.99
Transfer/sec:      2.60MB
`;

const h2load = `finished in 1.02s, 20035.00 req/s, 2.88MB/s
requests: 20042 total, 20047 started, 20042 done, 20035 succeeded, 7 failed, 2 errored, 0 timeout
status codes: 20035 2xx, 0 3xx, 0 4xx, 5 5xx
traffic: 2.88MB (3022718) total, 2.06MB (2164235) headers (space savings 0.00%), 78.28KB (80160) data
`;

test("what wrk prints is read, with everything that failed", () => {
  assert.deepEqual(parseWrk(wrk), {
    requests: 18_527,
    perSecond: 18_040.99,
    p50Ms: 0.812,
    p99Ms: 9.6,
    failed: 9,
  });
});

test("what h2load prints is read, and only good answers count", () => {
  assert.deepEqual(parseH2load(h2load), { requests: 20_035, perSecond: 20_035, failed: 7 });
});
