/** Names that cert-manager gives to what ties its objects together. */

export const requestAnnotations = {
  certificate: "cert-manager.io/certificate-name",
  revision: "cert-manager.io/certificate-revision",
  privateKeySecret: "cert-manager.io/private-key-secret-name",
} as const;

/** On a Certificate: a self-signed one serves until it is issued. */
export const temporaryAnnotation = "cert-manager.io/issue-temporary-certificate";

/** On every Secret that is written for certificates. */
export const managedLabel = { "controller.cert-manager.io/fao": "true" } as const;

/** On the Secret with the key of the certificate that is being issued. */
export const nextKeyLabel = { "cert-manager.io/next-private-key": "true" } as const;

/** On a request that is not the first of a Certificate within a day: when those before it were made. */
export const earlierIssuancesAnnotation = "sekisho.dev/earlier-issuances";
