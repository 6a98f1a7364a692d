import { readFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { DockerOptions } from 'dockerode';
import { SignalboxError } from '../../../index.ts';
import { type EngineAddress, engineAddress } from './engine-address.ts';
import { SshAgent } from './ssh-agent.ts';
import { failOnBrokenAnswers } from './whole-answers.ts';

/**
 * The engine of this machine, or the engine of `DOCKER_HOST`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`. Requests name no API version:
 * each engine then uses its current one, and engines refuse versions that are too old for them.
 */
export class Engine {
  private loading: Promise<Docker> | undefined;

  /** @throws SignalboxError `command_failed` if dockerode or a certificate is missing; errors of `engineAddress` */
  docker(): Promise<Docker> {
    this.loading ??= connect();
    // After a failure, the next call tries again.
    this.loading.catch(() => {
      this.loading = undefined;
    });
    return this.loading;
  }
}

async function connect(): Promise<Docker> {
  const { default: Docker } = await load();
  const options = await optionsOf(engineAddress(process.env));
  try {
    return failOnBrokenAnswers(new Docker(options));
  } catch (cause) {
    throw new SignalboxError('command_failed', `the engine cannot be reached: ${(cause as Error).message}`, { cause });
  }
}

/** Replaces the environment handling of dockerode, which supports less than the CLI. */
async function optionsOf(address: EngineAddress): Promise<DockerOptions & { agent?: Agent }> {
  if (address.kind === 'socket') return address.path === undefined ? {} : { socketPath: address.path };
  // A fixed host, which only appears in a header: the name may be an alias of ssh_config(5).
  if (address.kind === 'ssh') return { protocol: 'http', host: 'engine', port: 80, agent: new SshAgent(address) };
  const { kind, port } = address;
  const host = address.host.replace(/^\[|\]$/g, '');
  if (kind === 'tcp') return { protocol: 'http', host, port };
  const read = (name: string) => readCertificate(address.folder, name);
  const [ca, cert, key] = [await read('ca.pem'), await read('cert.pem'), await read('key.pem')];
  return { protocol: 'https', host, port, ca, cert, key };
}

async function readCertificate(folder: string, name: string): Promise<Buffer> {
  const path = join(folder, name);
  try {
    return await readFile(path);
  } catch (cause) {
    const why =
      cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'it does not exist' : String(cause);
    throw new SignalboxError(
      'command_failed',
      `${path} is required for TLS: ${why}; DOCKER_CERT_PATH names its folder`,
      {
        cause,
      },
    );
  }
}

async function load(): Promise<{ default: typeof Docker }> {
  try {
    return await import('dockerode');
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing) throw cause;
    throw new SignalboxError('command_failed', 'containers need the package dockerode: npm install dockerode@5', {
      cause,
    });
  }
}
