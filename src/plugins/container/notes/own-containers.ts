import type Docker from 'dockerode';
import type { ContainerInfo } from 'dockerode';
import { statusOf } from '../engine/engine-away.ts';
import { patient } from '../engine/patient.ts';
import { unlessAborted } from '../engine/unless-aborted.ts';
import { labels } from './labels.ts';
import type { Note } from './note.ts';

/**
 * Containers that can be used and have these labels from their client. Excluded are labels inherited from an image, such as one
 * made of a container.
 */
export async function findOwn(
  docker: Docker,
  wanted: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ContainerInfo[]> {
  const filters = { label: Object.entries(wanted).map(([name, value]) => `${name}=${value}`) };
  const found = await patient(docker, signal, () => docker.listContainers({ all: true, filters, abortSignal: signal }));
  const own: ContainerInfo[] = [];
  for (const one of found) {
    if (!(await isInherited(docker, one, signal)) && (await stateOf(docker, one.Id, signal)) !== undefined)
      own.push(one);
  }
  return own;
}

/** Undefined if the engine does not have the container: it lists a new one some milliseconds before it can be used. */
async function stateOf(docker: Docker, id: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const container = docker.getContainer(id);
    const { State } = await patient(docker, signal, () => container.inspect({ abortSignal: signal }));
    return State.Status;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Each container has a unique mark, so a container whose image has the same mark is a copy. */
async function isInherited(docker: Docker, { Labels, ImageID }: ContainerInfo, signal: AbortSignal): Promise<boolean> {
  const mark = Labels[labels.mark];
  if (mark === undefined) return true;
  try {
    const { Config } = await patient(docker, signal, () => unlessAborted(signal, docker.getImage(ImageID).inspect()));
    return Config.Labels?.[labels.mark] === mark;
  } catch (error) {
    // The image was removed by force, so its labels are unknown.
    if (statusOf(error) === 404) return true;
    throw error;
  }
}

/** The id and state of the container of a job; undefined if there is none. @throws AbortError when `signal` aborts */
export async function findNoted(
  docker: Docker,
  { containerId, mark }: Note,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly state: string } | undefined> {
  if (containerId === undefined) {
    const [own] = await findOwn(docker, { [labels.mark]: mark }, signal);
    return own && { id: own.Id, state: own.State };
  }
  const state = await stateOf(docker, containerId, signal);
  return state === undefined ? undefined : { id: containerId, state };
}
