/** Reasons why a check is not ok, with their meanings. The list is closed. */
export const errorKinds = {
  refused_address: 'the client may not connect to an address of the host',
  dns_not_found: 'the name does not exist, or has no address of the family',
  dns_failed: 'the resolver failed',
  dns_timeout: 'the timeout expired while the name was resolved',
  connection_refused: 'nothing listens on the port',
  unreachable: 'there is no route to the address',
  connect_failed: 'the connection failed for another reason',
  connect_timeout: 'the timeout expired before there was a connection',
  connection_reset: 'the other side reset the connection',
  tls_failed: 'the TLS handshake failed',
  tls_timeout: 'the timeout expired during the TLS handshake',
  certificate_expired: 'the certificate, or one that signed it, has expired',
  certificate_not_yet_valid: 'the certificate, or one that signed it, is not valid yet',
  certificate_name: 'the certificate is for other names',
  certificate_untrusted: 'no trusted authority has signed the certificate',
  response_timeout: 'the timeout expired before the header was complete',
  closed_early: 'the other side closed the connection in the middle of its response',
  bad_response: 'the response is not HTTP/1.0 or HTTP/1.1',
  header_too_large: 'the header is over 64 KiB',
  body_timeout: 'the timeout expired before the body was complete',
  body_too_large: 'the body is over the limit, compressed or decompressed',
  bad_encoding: 'the body cannot be decompressed',
  too_many_redirects: 'there are more redirects than `--follow` allows',
  bad_redirect: 'a redirect does not lead to an http or https URL',
  status: 'the status is not an expected one',
  no_match: 'the body does not match the pattern',
  forbidden_match: 'the body matches the pattern that it must not match',
  pattern_timeout: 'the pattern took too long',
  client_fault: 'the client could not check, for example without free file descriptors',
} as const;

export type ErrorKind = keyof typeof errorKinds;

export const errorKindNames = Object.keys(errorKinds) as [ErrorKind, ...ErrorKind[]];
