const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
]);

/** Why TLS with the engine fails, by the code of the error; undefined for other errors. */
export function tlsFailure(code: string): string | undefined {
  if (untrusted.has(code)) return "the engine's certificate is not from the authority in ca.pem of DOCKER_CERT_PATH";
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return "the engine's certificate is for another name than that in DOCKER_HOST";
  if (code === 'CERT_HAS_EXPIRED') return "the engine's certificate has expired";
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER') return 'the engine does not use TLS on that port';
  if (/^ERR_SSL_.*ALERT/.test(code))
    return 'the engine rejects cert.pem of DOCKER_CERT_PATH: another authority signed it';
  return undefined;
}
