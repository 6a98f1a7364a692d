import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Credentials, clientNameSchema, curveKeySchema, SignalboxError } from '../../schemas/index.ts';
import { foldNames } from '../fold-names.ts';
import { makeFolder } from '../make-folder.ts';
import { systemCode, wordsOf } from '../process/system-error.ts';
import { createKeyPair } from '../wire/curve.ts';
import { type Allowed, AllowList, allowListSchema, hashToken } from './allow-list.ts';
import { isMissingFile, readPrivateFile, writePrivateFile } from './private-file.ts';

const serverKeySchema = z.strictObject({
  version: z.literal(1),
  publicKey: curveKeySchema,
  secretKey: curveKeySchema,
});

export interface AddOptions {
  /** The credentials are also valid for NAME-<suffix>. */
  readonly replicas?: boolean;
  /** Labels to vouch for. */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * The folder that `signalbox keys` maintains and a server reads:
 *
 * - `server.json`: the key pair of the server
 * - `allow-list.json`: the clients that may join
 * - `credentials/NAME.json`: files to hand out; the server does not read them
 */
export class KeyStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  get allowListPath(): string {
    return join(this.folder, 'allow-list.json');
  }

  /**
   * Creates the folder and the key pair of the server.
   * @returns the public key of the server
   * @throws SignalboxError `bad_usage` if there is a key pair already, or the folder cannot be written.
   */
  init(): string {
    const pair = createKeyPair();
    try {
      makeFolder(join(this.folder, 'credentials'));
    } catch (cause) {
      const text = `no new keys in ${this.folder}: the folder cannot be created: ${reasonOf(cause)}`;
      throw new SignalboxError('bad_usage', text, { cause });
    }
    try {
      writePrivateFile(join(this.folder, 'server.json'), { version: 1, ...pair });
    } catch (cause) {
      const text = `no new keys in ${this.folder}: server.json: ${reasonOf(cause)}`;
      throw new SignalboxError('bad_usage', text, { cause });
    }
    try {
      // Secrets must not be committed to a repository.
      writeFileSync(join(this.folder, '.gitignore'), '*\n');
      this.replaceList(() => []);
    } catch (error) {
      rmSync(join(this.folder, 'server.json'), { force: true });
      throw error;
    }
    return pair.publicKey;
  }

  /** @throws SignalboxError `not_allowed` if they are missing or readable by others. */
  serverKeys(): z.infer<typeof serverKeySchema> {
    try {
      return readPrivateFile(join(this.folder, 'server.json'), serverKeySchema);
    } catch (error) {
      if (!isMissingFile(error)) throw error;
      const hint = `run: signalbox keys init --keys ${this.folder}`;
      throw new SignalboxError('not_allowed', `there are no keys in ${this.folder}; ${hint}`, { cause: error });
    }
  }

  /** @throws SignalboxError `not_allowed` */
  list(): Allowed[] {
    return readPrivateFile(this.allowListPath, allowListSchema).clients;
  }

  /** @throws SignalboxError `not_allowed` */
  allowList(): AllowList {
    return new AllowList(this.list());
  }

  /**
   * Lets a client join, and writes its credentials.
   * @returns the path of the credentials
   * @throws SignalboxError `bad_usage` if the name is not valid or is taken.
   */
  add(name: string, options: AddOptions = {}): string {
    this.addAll([name], options);
    return this.credentialsPath(name);
  }

  /**
   * Lets clients join, and writes the credentials of each. If that fails for one, nothing is changed.
   * @throws SignalboxError `bad_usage` if a name is not valid or is taken.
   */
  addAll(names: readonly string[], { replicas = false, labels = {} }: AddOptions = {}): void {
    for (const name of names) checkName(name);
    const { publicKey: serverKey } = this.serverKeys();
    this.replaceList((clients) => {
      const known = new Set(clients.map(({ name }) => name));
      const taken = names.filter((name) => known.has(name));
      if (taken.length > 0) {
        const text = `already added: ${foldNames(taken)}; revoke them first, or choose other names`;
        throw new SignalboxError('bad_usage', text);
      }
      return [...clients, ...this.writeCredentials(names, { replicas, labels, serverKey })];
    });
  }

  /**
   * Removes clients from the list. Their sessions end.
   * @throws SignalboxError `bad_usage` if one is not on the list; then nobody is revoked.
   */
  revoke(...names: string[]): void {
    for (const name of names) checkName(name);
    this.serverKeys();
    this.replaceList((clients) => {
      const known = new Set(clients.map(({ name }) => name));
      const unknown = names.filter((name) => !known.has(name));
      if (unknown.length === 0) return clients.filter(({ name }) => !names.includes(name));
      const text = `not on the list: ${foldNames(unknown)}; these are: ${foldNames([...known]) || 'nobody'}`;
      throw new SignalboxError('bad_usage', text);
    });
    for (const name of names) rmSync(this.credentialsPath(name), { force: true });
  }

  credentialsPath(name: string): string {
    return join(this.folder, 'credentials', `${name}.json`);
  }

  /** @returns the entries for the allow-list. If one file cannot be written, all of them are removed. */
  private writeCredentials(
    names: readonly string[],
    { replicas, labels, serverKey }: Required<AddOptions> & { serverKey: string },
  ): Allowed[] {
    const written: string[] = [];
    const vouched = Object.keys(labels).length > 0 ? { labels } : undefined;
    try {
      return names.map((name) => {
        const pair = createKeyPair();
        const token = randomBytes(32).toString('base64url');
        const path = this.credentialsPath(name);
        // Left by revoked credentials of the same name; it is no longer valid.
        rmSync(path, { force: true });
        writePrivateFile(path, { version: 1, name, replicas, serverKey, ...pair, token } satisfies Credentials);
        written.push(path);
        return {
          name,
          replicas,
          publicKey: pair.publicKey,
          tokenHash: hashToken(token),
          addedMs: Date.now(),
          ...vouched,
        };
      });
    } catch (error) {
      for (const path of written) rmSync(path, { force: true });
      throw error;
    }
  }

  /** Only a missing file counts as an empty list; an unreadable one throws. @throws SignalboxError `not_allowed` */
  private listIfAny(): Allowed[] {
    try {
      return this.list();
    } catch (error) {
      if (isMissingFile(error)) return [];
      throw error;
    }
  }

  /** Creating the new file takes the lock on the list. Readers see either the old or the new file, complete. */
  private replaceList(change: (clients: Allowed[]) => Allowed[]): void {
    const next = `${this.allowListPath}.new`;
    try {
      writeFileSync(next, '', { flag: 'wx', mode: 0o600 });
    } catch (cause) {
      const text = `${next} cannot be created: another keys command is running; if none is, remove the file (${reasonOf(cause)})`;
      throw new SignalboxError('bad_usage', text, { cause });
    }
    try {
      const clients = change(this.listIfAny());
      writeFileSync(next, `${JSON.stringify({ version: 1, clients }, null, 2)}\n`);
      renameSync(next, this.allowListPath);
    } catch (error) {
      rmSync(next, { force: true });
      throw error;
    }
  }
}

function checkName(name: string): void {
  if (clientNameSchema.safeParse(name).success) return;
  const rule = "[a-z0-9][a-z0-9._-]*, at most 63 characters, neither 'all' nor 'online'";
  throw new SignalboxError('bad_usage', `'${name}' is not a valid client name: use ${rule}`);
}

const reasonOf = (cause: unknown): string => (systemCode(cause) === 'EEXIST' ? 'it already exists' : wordsOf(cause));
