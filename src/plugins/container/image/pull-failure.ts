import { SignalboxError } from '../../../index.ts';
import type { FoundCredentials } from './credentials.ts';
import type { ImageReference } from './image-reference.ts';

interface Pulled {
  readonly reference: ImageReference;
  /** The reference as given. */
  readonly image: string;
  readonly credentials: FoundCredentials;
}

type Sentence = (pulled: Pulled) => string;

/** Maps messages of engines and registries about failed pulls to a remedy. The first match applies. */
const sentences: readonly (readonly [RegExp, Sentence])[] = [
  [
    /toomanyrequests|429 too many/i,
    ({ reference }) => `${reference.registry} limits the rate of pulls: try again later, or log in there`,
  ],
  [/no space left on device/i, () => "the engine's disk is full: docker system df shows by what"],
  [/repository does not exist or may require/i, denied],
  [
    /manifest unknown|not found: manifest|name unknown|repository .* not found|: not found$|^not found/i,
    ({ reference }) => `${reference.registry} has no such image or tag: check its name`,
  ],
  [
    /unauthorized|no basic auth|authentication required|access denied|denied:|40[13] (?:unauthorized|forbidden)/i,
    refused,
  ],
  [
    /no matching manifest|does not match the specified platform|cannot be used on this platform/i,
    ({ reference }) =>
      `${reference.registry} has the image, but not for the platform of the engine: build or choose one for it`,
  ],
  [
    /verification failed|unexpected commit digest|failed commit on ref|digest mismatch|invalid checksum/i,
    () =>
      'the received data does not match the digest in its manifest: pull again; if that fails too, push the image again',
  ],
  [
    /http response to https client/i,
    ({ reference }) =>
      `${reference.registry} does not use TLS: add it to insecure-registries of the engine, or give it a certificate`,
  ],
  [
    /x509:|certificate/i,
    ({ reference }) =>
      `the engine does not trust the certificate of ${reference.registry}: add its authority to the engine`,
  ],
  [
    /connection refused|no such host|i\/o timeout|handshake timeout|connection reset|server misbehaving|no route to host|network is unreachable|deadline exceeded|client\.timeout|\beof\b|bad gateway|service unavailable|gateway timeout|50[0234]/i,
    ({ reference }) =>
      `the engine cannot reach ${reference.registry}: check that it is running and that its name is right`,
  ],
  [
    /unsupported (?:media type|manifest)|invalid character|missing signature|manifest invalid|schema|remote "application/i,
    ({ reference }) => `${reference.registry} sent an image that this engine cannot read`,
  ],
];

/** `command_failed` with a remedy and the message of the engine. */
export function pullFailure(pulled: Pulled, words: string): SignalboxError {
  const why = sentences.find(([pattern]) => pattern.test(words))?.[1](pulled);
  const said = withoutSecrets(words, pulled.credentials);
  const text = why === undefined ? said : `${why} (${said})`;
  return new SignalboxError('command_failed', `${pulled.image} cannot be pulled: ${text}`);
}

function refused({ reference: { registry }, credentials: { auth, path, problem } }: Pulled): string {
  if (problem !== undefined) return `${registry} requires credentials, and ${problem}`;
  if (!auth) return `${registry} requires credentials, and ${path} has none for it: docker login ${registry}`;
  const whose = auth.username === undefined ? 'the token' : `the credentials of ${auth.username}`;
  return `${registry} rejects ${whose} in ${path}: docker login ${registry}`;
}

function denied(pulled: Pulled): string {
  const { registry } = pulled.reference;
  const { auth, problem } = pulled.credentials;
  if (problem !== undefined) return refused(pulled);
  const how = auth ? 'with other credentials' : 'with credentials';
  return `${registry} has no such image, or shows it only ${how}: check its name, or docker login ${registry}`;
}

/** Removes secrets: URLs of layers may be signed, and a registry may repeat credentials. */
function withoutSecrets(words: string, { auth }: FoundCredentials): string {
  let text = words.trim().replaceAll(/(https?:\/\/[^\s"?]*)\?[^\s"]*/g, '$1?…');
  for (const secret of [auth?.password, auth?.identitytoken, auth?.registrytoken]) {
    if (secret) text = text.replaceAll(secret, '…');
  }
  return text;
}
