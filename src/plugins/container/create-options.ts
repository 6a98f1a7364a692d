import type { ContainerCreateOptions } from 'dockerode';
import type { z } from 'zod';
import type { Allowed } from './allowed.ts';
import type { container } from './contract.ts';

export type ContainerArgs = z.output<typeof container.args>;

/** Never rotated, so that it begins with the first byte; of the drivers that can be read again, only this one keeps any bytes. */
const log = { Type: 'local', Config: { 'max-size': '1000g', 'max-file': '1', compress: 'false' } };

const defaultPids = 4_096;

/**
 * The container of a command, in the form of the engine.
 * @throws SignalboxError `not_allowed` for what could give away the host, with what would allow it.
 */
export async function createOptions(args: ContainerArgs, _allowed: Allowed): Promise<ContainerCreateOptions> {
  const { image, argv, env, workdir, user, network, memory, cpus, pids, entrypoint } = args;
  return {
    Image: image,
    ...(argv && { Cmd: [...argv] }),
    ...(env && { Env: [...env] }),
    ...(workdir !== undefined && { WorkingDir: workdir }),
    ...(user !== undefined && { User: user }),
    ...(entrypoint !== undefined && { Entrypoint: entrypoint === '' ? [] : [entrypoint] }),
    HostConfig: {
      LogConfig: log,
      NetworkMode: network ?? 'bridge',
      PidsLimit: pids ?? defaultPids,
      CapDrop: ['NET_RAW'],
      SecurityOpt: ['no-new-privileges'],
      ...(memory !== undefined && { Memory: memory, MemorySwap: memory }),
      ...(cpus !== undefined && { NanoCpus: Math.round(cpus * 1e9) }),
    },
  };
}
