/** Where `up` speaks: a screen that is drawn anew, plain lines, or JSON events. */

import { formatOrigin } from "#base/origin.ts";
import { formatFinding } from "../output/finding-text.ts";
import { formatAccess } from "./access-line.ts";
import {
  type OutputContext,
  type OutputSettings,
  stoppingText,
  type UpOutput,
} from "./up-listener.ts";
import { createScreen } from "./up-screen.ts";
import { formatServed } from "./up-view.ts";

export function createUpOutput(context: OutputContext, settings: OutputSettings): UpOutput {
  if (settings.json) return jsonOutput(context, settings);
  return context.environment.terminal.isScreen
    ? createScreen(context, settings)
    : plainOutput(context, settings);
}

function jsonOutput(context: OutputContext, settings: OutputSettings): UpOutput {
  const print = (event: string, fields: object): void => {
    const time = context.clock.now().toString({ smallestUnit: "millisecond" });
    context.environment.terminal.print(`${JSON.stringify({ event, time, ...fields })}\n`);
  };
  return {
    progress: (message) => print("progress", { message }),
    ready: (status) => print("ready", { status }),
    applied: ({ objects, milliseconds }, resources) =>
      print("applied", { objects, resources, milliseconds: round(milliseconds) }),
    findings: ({ added, gone }) => {
      for (const { finding, place } of added)
        print("finding", { ...finding, object: formatOrigin(finding.origin), place });
      for (const { finding } of gone) {
        print("resolved", {
          reason: finding.reason,
          object: formatOrigin(finding.origin),
          message: finding.message,
        });
      }
    },
    access: (record, locate) => {
      if (settings.accessLog !== "none") print("access", { record, place: locate() });
    },
    notice: (message) => print("notice", { message }),
    showsStatus: false,
    status: () => undefined,
    stopping: () => print("stopping", { message: stoppingText }),
    close: () => undefined,
  };
}

function plainOutput(context: OutputContext, settings: OutputSettings): UpOutput {
  const { terminal } = context.environment;
  const print = (text: string): void => terminal.print(`${text}\n`);
  return {
    progress: print,
    ready: (status) => {
      print("ready");
      for (const line of formatServed(status)) print(`  ${line}`);
    },
    applied: () => undefined,
    findings: ({ added, gone }) => {
      for (const finding of added) print(formatFinding(finding));
      for (const finding of gone) print(`resolved: ${formatFinding(finding).split("\n")[0]}`);
    },
    access: (record, locate) => {
      if (settings.accessLog === "text") print(formatAccess(record, locate()));
      if (settings.accessLog === "json") print(JSON.stringify({ ...record, place: locate() }));
    },
    notice: print,
    showsStatus: false,
    status: () => undefined,
    stopping: () => print(stoppingText),
    close: () => undefined,
  };
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
