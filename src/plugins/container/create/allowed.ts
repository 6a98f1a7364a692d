import { z } from 'zod';
import { capabilitySchema } from '../contracts/capabilities.ts';
import { type AllowedFolder, allowFolders } from './allowed-folder.ts';
import { enginePlaces } from './engine-places.ts';

/** Options by which the owner of a client allows its server more than the defaults. */
export const allowedSchema = z.strictObject({
  binds: z
    .array(z.string().min(1))
    .default([])
    .meta({ description: 'a folder of this machine that containers may mount, without its subfolders' }),
  caps: z
    .array(capabilitySchema)
    .default([])
    .meta({ description: "a capability that containers may have in addition to Docker's defaults without NET_RAW" }),
});

export interface Allowed {
  readonly folders: readonly AllowedFolder[];
  readonly caps: readonly string[];
}

/** @throws SignalboxError `bad_usage` for a folder that cannot be allowed */
export async function resolveAllowed({ binds, caps }: z.output<typeof allowedSchema>): Promise<Allowed> {
  return { folders: binds.length === 0 ? [] : await allowFolders(binds, await enginePlaces()), caps };
}
