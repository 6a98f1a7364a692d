import { accessSync, constants, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { endpointName } from '../../endpoint-name.ts';
import { makeFolder } from '../../make-folder.ts';
import { wordsOf } from '../../process/system-error.ts';
import { stateFolder } from '../../state-folder.ts';

/** Where a server keeps its jobs by default, or why it cannot. */
export type DefaultStore = { readonly path: string } | { readonly why: string };

/** Finds the default store of a server, and creates its folder. */
export function defaultStore(
  endpoint: string,
  env: NodeJS.ProcessEnv,
  typeOf = (folder: string) => statfsSync(folder).type,
): DefaultStore {
  const folder = stateFolder(env);
  if (folder === undefined) return { why: 'this user has no home folder' };
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
    const network = networkFileSystems.get(typeOf(folder));
    if (network) return { why: `${folder} is on a network file system (${network})` };
  } catch (error) {
    return { why: `${folder} cannot be used: ${wordsOf(error)}` };
  }
  return { path: join(folder, `${endpointName(endpoint)}.db`) };
}

/** By number of `statfs(2)`. Their locks do not hold, or their shared memory is not shared: SQLite needs both. */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xff53_4d42, 'cifs'],
  [0xfe53_4d42, 'smb2'],
  [0x0102_1997, '9p'],
  [0x6573_5546, 'fuse'],
  [0x5346_414f, 'afs'],
  [0x6b41_4653, 'afs'],
  [0x7375_7245, 'coda'],
  [0x00c3_6400, 'ceph'],
  [0x0bd0_0bd0, 'lustre'],
  [0x0116_1970, 'gfs2'],
  [0x7461_636f, 'ocfs2'],
  [0x564c, 'ncp'],
  [0x786f_4256, 'vboxsf'],
]);
