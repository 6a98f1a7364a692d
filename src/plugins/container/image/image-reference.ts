/** The name of an image at its registry. */
export interface ImageReference {
  /** Host of its registry, with its port if given. Default: `docker.io`. */
  readonly registry: string;
  /** Registry and path in the form of the engine: `debian`, `registry.example:5000/app`. */
  readonly name: string;
  /** The tag, or the digest, which has precedence. */
  readonly version: string;
}

const dockerHub = 'docker.io';

/** Parses a reference as the engine does. @param image in the form of `imageSchema` */
export function parseImageReference(image: string): ImageReference {
  const [tagged = '', digest] = image.split('@');
  const [, name = tagged, tag = 'latest'] = /^(.*?)(?::(\w[\w.-]*))?$/.exec(tagged) ?? [];
  return { registry: registryOf(name), name, version: digest ?? tag };
}

/** The same name for equivalent references, such as `debian` and `debian:latest`. */
export function canonicalName({ name, version }: ImageReference): string {
  return `${name}${version.includes(':') ? '@' : ':'}${version}`;
}

/** The first part of a name is a host if it has a dot, a port or an upper-case letter, or is `localhost`. */
function registryOf(name: string): string {
  const [host = ''] = name.split('/', 1);
  const isHost = name.includes('/') && (/[.:A-Z]/.test(host) || host === 'localhost');
  return isHost && host !== 'index.docker.io' ? host : dockerHub;
}
