import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { askHelper } from './credential-helper.ts';
import { lineOfJsonError } from './json-error-line.ts';
import type { RegistryAuth } from './registry-auth.ts';

export interface FoundCredentials {
  /** The credentials; undefined if there are none. */
  readonly auth: RegistryAuth | undefined;
  /** Why configured credentials cannot be used, as a sentence without secrets. */
  readonly problem: string | undefined;
  /** The file that was searched. */
  readonly path: string;
}

const entrySchema = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
  registrytoken: z.string().optional(),
});

const configSchema = z.object({
  auths: z.record(z.string(), entrySchema).nullish(),
  credsStore: z.string().nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
});

type Config = z.infer<typeof configSchema>;

/** The key under which Docker keeps the credentials of Docker Hub. */
const dockerHubKey = 'https://index.docker.io/v1/';

/**
 * Finds the credentials of a registry in `config.json` of Docker, in the order of its CLI: the helper of this registry, the credential
 * store, the file itself. The file is reread each time, because `docker login` changes it. A problem is reported, not thrown: the pull
 * may succeed without credentials.
 * @param registry as returned by `parseImageReference`
 */
export async function findCredentials(
  registry: string,
  { env = process.env, signal }: { readonly env?: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<FoundCredentials> {
  const path = join(env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker'), 'config.json');
  const key = registry === 'docker.io' ? dockerHubKey : registry;
  try {
    const config = await readConfig(path);
    const helper = config.credHelpers?.[key] || config.credsStore;
    const auth = helper ? await askHelper(helper, key, { env, signal }) : fromFile(config, key);
    return { auth, problem: undefined, path };
  } catch (error) {
    signal.throwIfAborted();
    return { auth: undefined, problem: (error as Error).message, path };
  }
}

/** @throws Error with a sentence that does not quote the file */
async function readConfig(path: string): Promise<Config> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    throw new Error(`${path} cannot be read: ${code}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error(`${path}, line ${lineOfJsonError(text)}: it is not JSON`);
  }
  const { data, error } = configSchema.safeParse(json);
  if (data) return data;
  const issue = error.issues[0];
  throw new Error(`${path}: ${issue?.path.join('.') || 'it'} is not in the format of Docker`);
}

function fromFile({ auths }: Config, key: string): RegistryAuth | undefined {
  const entries = Object.entries(auths ?? {});
  const entry = auths?.[key] ?? entries.find(([address]) => hostOf(address) === key)?.[1];
  if (!entry) return undefined;
  const { auth, identitytoken, registrytoken } = entry;
  const { username, password } = auth ? decode(auth) : entry;
  if (!username && !identitytoken && !registrytoken) return undefined;
  return {
    serveraddress: key,
    ...(username && { username }),
    ...(password && { password }),
    ...(identitytoken && { identitytoken }),
    ...(registrytoken && { registrytoken }),
  };
}

/** The host of a key. Older logins have the form `https://HOST/v1/`. */
const hostOf = (address: string): string | undefined => address.replace(/^https?:\/\//, '').split('/')[0];

function decode(auth: string): { username: string; password: string } {
  const plain = Buffer.from(auth, 'base64').toString();
  const colon = plain.indexOf(':');
  // Docker pads passwords with zeros.
  return { username: plain.slice(0, Math.max(0, colon)), password: plain.slice(colon + 1).replace(/^\0+|\0+$/g, '') };
}
