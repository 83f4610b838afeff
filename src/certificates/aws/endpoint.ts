/** Where a service of AWS is asked: by its region, or where the operator's variables say. */

/** The environment variables of this process. */
export type Variables = Readonly<Record<string, string | undefined>>;

export type AwsServiceId = "acm-pca" | "sts" | "route53";

/** How the AWS SDKs name the service in variables ("Service-specific endpoints"). */
const variableNames: Readonly<Record<AwsServiceId, string>> = {
  "acm-pca": "AWS_ENDPOINT_URL_ACM_PCA",
  route53: "AWS_ENDPOINT_URL_ROUTE_53",
  sts: "AWS_ENDPOINT_URL_STS",
};

/** Under which domain the services of a partition are. */
const domains: Readonly<Record<string, string>> = {
  aws: "amazonaws.com",
  "aws-cn": "amazonaws.com.cn",
  "aws-eusc": "amazonaws.eu",
  "aws-iso": "c2s.ic.gov",
  "aws-iso-b": "sc2s.sgov.gov",
  "aws-iso-e": "cloud.adc-e.uk",
  "aws-iso-f": "csp.hci.ic.gov",
  "aws-us-gov": "amazonaws.com",
};

/** The address that the operator gave for a service, if any: it goes for all its regions. */
export function givenEndpoint(service: AwsServiceId, variables: Variables): string | undefined {
  if (variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.toLowerCase() === "true") return undefined;
  const given = variables[variableNames[service]] ?? variables["AWS_ENDPOINT_URL"] ?? "";
  return given === "" ? undefined : given.replace(/\/+$/, "");
}

/** The address of a regional service. */
export function endpointOf(
  service: AwsServiceId,
  place: { readonly region: string; readonly partition: string },
  variables: Variables,
): string {
  const domain = domains[place.partition] ?? domains["aws"];
  return givenEndpoint(service, variables) ?? `https://${service}.${place.region}.${domain}`;
}
