/** What an object must be before it is stored, as an API server would check it. */

import { kindId } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import { type Draft, StoreError } from "./object-store.ts";

/** etcd's default limit for one value. */
const maxBytes = 1.5 * 1024 * 1024;
const dns1123Subdomain = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const dns1123Label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Throws StoreError `invalid` (Kubernetes documentation, "Object Names and IDs"). */
export function checkDraft(draft: Draft): void {
  const { name, namespace } = draft.metadata;
  if (name.length > 253 || !dns1123Subdomain.test(name)) {
    throw invalid(
      draft,
      `the name "${name}" must be a DNS subdomain: lower case letters, digits, "-" and "."`,
    );
  }
  if (namespace !== "" && (namespace.length > 63 || !dns1123Label.test(namespace))) {
    throw invalid(
      draft,
      `the namespace "${namespace}" must be a DNS label: lower case letters, digits and "-"`,
    );
  }
  if (JSON.stringify(draft).length > maxBytes) throw invalid(draft, "it is larger than 1.5 MiB");
}

/** Throws StoreError `invalid`: what holds a key is created, or replaced by its version; an apply would overwrite whatever is there. */
export function checkApplicable(draft: Draft): void {
  if (kindId(draft.apiVersion, draft.kind) === secretKind.id)
    throw invalid(draft, "Secrets are created or replaced, never applied");
}

function invalid(draft: Draft, reason: string): StoreError {
  return new StoreError("invalid", `${draft.kind} ${draft.metadata.name} is not stored: ${reason}`);
}
