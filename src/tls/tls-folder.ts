import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignalboxError } from '../../schemas/errors.ts';
import { makeFolder } from '../make-folder.ts';
import { wordsOf } from '../process/system-error.ts';
import { Authority, type Identity, type Request } from './authority.ts';

export interface Paths {
  readonly certificate: string;
  readonly key: string;
}

export interface Added extends Paths {
  readonly notAfter: Date;
}

/** The paths of the certificate and key with this name. The name of the authority is `ca`. */
export const pathsIn = (folder: string, name: string): Paths => ({
  certificate: join(folder, `${name}.pem`),
  key: join(folder, `${name}.key`),
});

/**
 * Creates a folder with a new authority and a pair of files for each request. If that fails, nothing is written.
 * @throws SignalboxError `bad_usage` if one of the files exists, or the folder cannot be created.
 */
export async function createTlsFolder(folder: string, requests: readonly Request[]): Promise<Added[]> {
  checkFree(folder, ['ca', ...requests.map(({ name }) => name)]);
  const authority = await Authority.create();
  const issued = await Promise.all(
    requests.map(async (request) => ({ name: request.name, ...(await authority.issue(request)) })),
  );
  makePrivateFolder(folder);
  writeIdentities(folder, [{ name: 'ca', ...authority.identity }, ...issued]);
  // Secrets must not be committed to a repository.
  writeFileSync(join(folder, '.gitignore'), '*\n', { mode: 0o600 });
  return issued.map(({ name, notAfter }) => ({ ...pathsIn(folder, name), notAfter }));
}

/**
 * Adds a certificate, signed by the authority of a folder.
 * @throws SignalboxError `bad_usage` if there is a certificate with that name, or no authority.
 */
export async function addToTlsFolder(folder: string, request: Request): Promise<Added> {
  checkFree(folder, [request.name]);
  const authority = await readAuthority(folder);
  const issued = await authority.issue(request);
  writeIdentities(folder, [{ name: request.name, ...issued }]);
  return { ...pathsIn(folder, request.name), notAfter: issued.notAfter };
}

async function readAuthority(folder: string): Promise<Authority> {
  const { certificate, key } = pathsIn(folder, 'ca');
  let identity: Identity;
  try {
    identity = { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
  } catch (cause) {
    const text = `no authority in ${folder}: ${wordsOf(cause)}; run: signalbox tls init ${folder}`;
    throw new SignalboxError('bad_usage', text, { cause });
  }
  try {
    return await Authority.read(identity);
  } catch (cause) {
    if (cause instanceof SignalboxError) throw cause;
    const text = `${key} cannot sign: ${wordsOf(cause)}; it must be a key on P-256, as created by tls init`;
    throw new SignalboxError('bad_usage', text, { cause });
  }
}

function checkFree(folder: string, names: readonly string[]): void {
  const taken = names.flatMap((name) => Object.values(pathsIn(folder, name))).filter((path) => existsSync(path));
  if (taken.length === 0) return;
  const text = `${taken.join(', ')}: already exists; nothing was overwritten; use another folder, or remove the files`;
  throw new SignalboxError('bad_usage', text);
}

function makePrivateFolder(folder: string): void {
  try {
    makeFolder(folder);
  } catch (cause) {
    throw new SignalboxError('bad_usage', `${folder} cannot be created: ${wordsOf(cause)}`, { cause });
  }
  if ((statSync(folder).mode & 0o077) === 0) return;
  const hint = `use a new folder, or run: chmod 700 ${folder}`;
  throw new SignalboxError('bad_usage', `others can enter ${folder}; ${hint}`);
}

function writeIdentities(folder: string, identities: readonly (Identity & { readonly name: string })[]): void {
  const written: string[] = [];
  const write = (path: string, text: string) => {
    const fd = openSync(path, 'wx', 0o600);
    written.push(path);
    try {
      writeFileSync(fd, text);
    } finally {
      closeSync(fd);
    }
  };
  try {
    for (const { name, certificate, key } of identities) {
      const paths = pathsIn(folder, name);
      write(paths.key, key);
      write(paths.certificate, certificate);
    }
  } catch (cause) {
    for (const path of written) rmSync(path, { force: true });
    throw new SignalboxError('bad_usage', `nothing was written to ${folder}: ${wordsOf(cause)}`, { cause });
  }
}
