import { resolve } from 'node:path';
import type Docker from 'dockerode';
import type { MountSettings } from 'dockerode';
import { SignalboxError } from '../../../index.ts';
import { parseMount } from '../contracts/words.ts';
import { statusOf } from '../engine/engine-away.ts';
import { failureOf } from '../engine/failure.ts';
import { type AllowedFolder, checkFolder, isWithin } from './allowed-folder.ts';

export interface CheckedMounts {
  /** Mounts for the engine. */
  readonly mounts: MountSettings[];
  /**
   * Checks again that no mounted folder was replaced.
   * @throws SignalboxError `not_allowed`
   */
  recheck(): Promise<void>;
}

/** @throws SignalboxError `not_allowed` for a source that the owner of the client has not allowed; then nothing was created */
export async function checkMounts(
  texts: readonly string[],
  folders: readonly AllowedFolder[],
  docker: Docker,
): Promise<CheckedMounts> {
  const parsed = texts.flatMap((text) => parseMount(text) ?? []);
  const volumes = parsed.filter(({ isBind }) => !isBind);
  // Folder names would refer to another machine, which cannot be inspected from here.
  const { socketPath } = docker.modem as { readonly socketPath?: unknown };
  if (volumes.length < parsed.length && socketPath === undefined) {
    throw new SignalboxError('not_allowed', 'folders cannot be mounted by an engine on another machine; use a volume');
  }
  const binds = parsed.filter(({ isBind }) => isBind).map((one) => ({ ...one, folder: find(one.source, folders) }));
  const recheck = async () => {
    for (const { folder } of binds) await checkFolder(folder);
    for (const { source } of volumes) await checkVolume(docker, source);
  };
  await recheck();
  const bindOptions = await bindOptionsOf(
    docker,
    binds.some(({ readOnly }) => readOnly),
  );
  const mounts = [
    ...binds.map(({ folder, target, readOnly }) => ({
      ...{ Type: 'bind' as const, Source: folder.path, Target: target, ReadOnly: readOnly },
      BindOptions: readOnly ? bindOptions.readOnly : bindOptions.writable,
    })),
    ...volumes.map(({ source, target, readOnly }) => ({
      ...{ Type: 'volume' as const, Source: source, Target: target, ReadOnly: readOnly },
      VolumeOptions: { NoCopy: false, Labels: {}, DriverConfig: { Name: 'local', Options: {} } },
    })),
  ];
  return { mounts, recheck };
}

/** Compares names only: a refusal must not reveal to the server which other paths exist. */
function find(source: string, folders: readonly AllowedFolder[]): AllowedFolder {
  const path = resolve(source);
  const found = folders.find((folder) => folder.named === path || folder.path === path);
  if (found) return found;
  const outer = folders.find((folder) => isWithin(path, folder.named) || isWithin(path, folder.path));
  if (outer) {
    const why = `only ${outer.named} itself can be mounted, not a path in it: a container could replace that path with a link`;
    throw new SignalboxError('not_allowed', `${path} cannot be mounted: ${why}`);
  }
  throw new SignalboxError('not_allowed', `the client may mount ${path} only with --container-binds ${path}`);
}

/** Engines before 25 (API 1.44) leave mounts below a read-only folder writable, so such mounts are omitted there. */
async function bindOptionsOf(docker: Docker, needsReadOnly: boolean) {
  const writable = { Propagation: 'rprivate' as const };
  if (!needsReadOnly) return { writable, readOnly: writable };
  const [, minor = 0] = (await version(docker)).split('.').map(Number);
  return { writable, readOnly: minor >= 44 ? writable : { ...writable, NonRecursive: true } };
}

async function version(docker: Docker): Promise<string> {
  try {
    return (await docker.version()).ApiVersion;
  } catch (cause) {
    throw failureOf(cause);
  }
}

/** A missing volume is created with the container. */
async function checkVolume(docker: Docker, name: string): Promise<void> {
  const refuse = (why: string) => {
    throw new SignalboxError('not_allowed', `the volume ${name} cannot be mounted: ${why}; no option allows that`);
  };
  try {
    const { Driver, Options } = await docker.getVolume(name).inspect();
    const options = Object.keys(Options ?? {});
    if (Driver !== 'local') refuse(`its driver is ${Driver}`);
    if (options.length > 0) refuse(`it has driver options (${options.sort().join(', ')}), which can mount anything`);
  } catch (cause) {
    if (statusOf(cause) !== 404) throw failureOf(cause);
  }
}
