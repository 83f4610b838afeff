/** The provider without an API: a person is told which record to create, and which one can go. */

import type { DnsProvider } from "../dns-provider.ts";

/** Written as a webhook, so that the definitions of cert-manager let it through: they drop fields that they do not know. */
const groupName = "sekisho.dev";
const solverName = "manual";

export const manual: DnsProvider = {
  name: "manual",
  open: ({ webhook }) => {
    if (webhook?.groupName !== groupName || webhook.solverName !== solverName) return undefined;
    return {
      present: ({ name, value }) =>
        Promise.resolve({
          kind: "done",
          notice: `create this DNS record, beside others of the same name: ${name}. 60 IN TXT "${value}"`,
        }),
      cleanUp: ({ name, value }) =>
        Promise.resolve({
          kind: "done",
          notice: `this DNS record is not needed any more: ${name}. TXT "${value}"`,
        }),
    };
  },
};
