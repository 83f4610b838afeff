/** The live view of `up` on a terminal: what is served, what is wrong, what was asked. */

import type { LocatedFinding } from "#api/gate-calls.ts";
import { compareFindings, findingKey } from "#base/finding.ts";
import type { GateStatus } from "#gate/statuses/gate-status.ts";
import { formatAccess } from "./access-line.ts";
import {
  type OutputContext,
  type OutputSettings,
  stoppingText,
  type UpOutput,
} from "./up-listener.ts";
import { formatScreen, type Notice } from "./up-view.ts";

const enterScreen = "\u001b[?1049h\u001b[?25l";
const leaveScreen = "\u001b[?25h\u001b[?1049l";
const home = "\u001b[H";
const clearLine = "\u001b[K";
const clearBelow = "\u001b[J";
/** As often as a person can read. */
const frame = Temporal.Duration.from({ milliseconds: 100 });
const keptRequests = 200;
const keptNotices = 3;

export function createScreen(context: OutputContext, settings: OutputSettings): UpOutput {
  const { terminal } = context.environment;
  const log: string[] = [];
  const notices: Notice[] = [];
  let status: GateStatus | undefined;
  const found = new Map<string, LocatedFinding>();
  let findings: readonly LocatedFinding[] | undefined = [];
  let waiting = false;
  let closed = false;
  const add = (line: string): void => {
    log.push(line);
    if (log.length > keptRequests) log.splice(0, log.length - keptRequests);
    redraw();
  };
  const draw = (): void => {
    waiting = false;
    if (status === undefined || closed) return;
    findings ??= [...found.values()].sort((a, b) => compareFindings(a.finding, b.finding));
    const content = { status, findings, notices, log, now: context.clock.now() };
    const text = formatScreen(content, {
      columns: terminal.columns(),
      rows: terminal.rows(),
      colours: terminal.hasColours,
    });
    terminal.print(`${home}${text.replaceAll("\n", `${clearLine}\n`)}${clearLine}${clearBelow}`);
  };
  const redraw = (): void => {
    if (waiting || closed) return;
    waiting = true;
    context.clock.after(frame, draw);
  };
  const leave = (): void => {
    if (closed) return;
    closed = true;
    if (status !== undefined) terminal.print(leaveScreen);
  };
  return {
    progress: (message) => terminal.print(`${message}\n`),
    ready: (now) => {
      status = now;
      terminal.print(enterScreen);
      draw();
    },
    applied: () => redraw(),
    findings: ({ added, gone }) => {
      for (const { finding } of gone) found.delete(findingKey(finding));
      for (const located of added) found.set(findingKey(located.finding), located);
      findings = undefined;
      redraw();
    },
    access: (record, locate) => {
      if (settings.accessLog !== "none") add(formatAccess(record, locate()));
    },
    notice: (message) => {
      // The screen hides what was printed before it was there, so that is told on it again.
      if (status === undefined || closed) terminal.print(`${message}\n`);
      notices.push({ time: context.clock.now(), message });
      if (notices.length > keptNotices) notices.shift();
      redraw();
    },
    showsStatus: true,
    status: (now) => {
      status = now;
      redraw();
    },
    stopping: () => {
      leave();
      terminal.print(`${stoppingText}\n`);
    },
    close: leave,
  };
}
