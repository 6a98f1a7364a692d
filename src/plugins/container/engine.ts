import type Docker from 'dockerode';
import { SignalboxError } from '../../index.ts';

/**
 * The engine of this machine, or that of `DOCKER_HOST`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`. No version of its API is asked
 * for: each engine answers with its own, and engines refuse versions that are too old for them.
 */
export class Engine {
  private loading: Promise<Docker> | undefined;

  /** @throws SignalboxError `command_failed` if dockerode is not installed, or `DOCKER_HOST` is no address. */
  docker(): Promise<Docker> {
    this.loading ??= connect();
    // What failed may be there the next time.
    this.loading.catch(() => {
      this.loading = undefined;
    });
    return this.loading;
  }
}

async function connect(): Promise<Docker> {
  const { default: Docker } = await load();
  try {
    return new Docker();
  } catch (cause) {
    throw new SignalboxError('command_failed', `the engine cannot be reached: ${(cause as Error).message}`, { cause });
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
