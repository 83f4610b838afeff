/** The variables of AWS that this process has, for one test: the SDK reads them itself. */

/** Just these; those of the person who runs the tests come back after it. */
export function setAwsVariables(
  context: { readonly after: (end: () => void) => void },
  variables: Readonly<Record<string, string>>,
): void {
  const before = Object.entries(process.env).filter(([name]) => name.startsWith("AWS_"));
  const clear = (): void => {
    for (const name of Object.keys(process.env))
      if (name.startsWith("AWS_")) delete process.env[name];
  };
  clear();
  // Else the SDK looks for the metadata service of a machine in AWS, for a second.
  Object.assign(process.env, { AWS_EC2_METADATA_DISABLED: "true" }, variables);
  context.after(() => {
    clear();
    Object.assign(process.env, Object.fromEntries(before));
  });
}
