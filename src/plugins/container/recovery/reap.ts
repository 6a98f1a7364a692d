import type Docker from 'dockerode';
import { removeContainer } from '../engine/remove-container.ts';
import { labels } from '../notes/labels.ts';
import { findOwn } from '../notes/own-containers.ts';

/** Identifies the containers of one client for one store. */
export interface Owner {
  readonly client: string;
  readonly installation: string;
  readonly storeId: string;
}

/**
 * Removes containers of this client that have no note. Their jobs are lost at the server of that store, because this client did not list
 * them. This happens if a note was damaged, or if the folder is an older copy. Each container is reported before it is removed.
 * @param options.isKnown whether a job with this container is noted
 */
export async function reap(
  docker: Docker,
  { client, installation, storeId }: Owner,
  options: {
    readonly isKnown: (mark: string) => boolean;
    readonly print: (line: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { isKnown, print, signal } = options;
  const owned = { [labels.client]: client, [labels.installation]: installation, [labels.store]: storeId };
  for (const { Id, Names, Labels } of await findOwn(docker, owned, signal)) {
    // A container with --leave stays for inspection by its owner, whoever started it.
    if (isKnown(Labels[labels.mark] ?? '') || Labels[labels.leave] === 'true') continue;
    const name = Names[0]?.replace(/^\//, '') ?? Id;
    print(
      `container ${name} of job ${Labels[labels.job]} is removed: this client has no note of that job, which is lost at its server`,
    );
    await removeContainer(docker, Id, signal);
  }
}
