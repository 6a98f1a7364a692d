import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** Paths of a certificate and its key. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** An authority in a folder, created with `openssl`. */
export class Authority {
  readonly cert: string;
  private readonly folder: string;
  private readonly name: string;

  constructor(folder: string, name: string) {
    this.folder = folder;
    this.name = name;
    this.cert = join(folder, `${name}.pem`);
    const made = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
    openssl(folder, 'req', '-x509', ...newKey, '-subj', `/CN=${name}`, '-days', '30', ...made);
  }

  /** For 127.0.0.1 and localhost. */
  server(name: string, kind: readonly string[] = newKey): Pair {
    return this.sign(name, { extensions: 'subjectAltName=IP:127.0.0.1,DNS:localhost', kind });
  }

  /**
   * A certificate for a client.
   * @param from.key an existing key, for a second certificate with the same key.
   */
  client(name: string, times: { fromMs?: number; untilMs?: number; key?: string } = {}): Pair {
    return this.sign(name, { extensions: 'extendedKeyUsage=clientAuth', ...times });
  }

  private sign(
    name: string,
    how: { extensions: string; kind?: readonly string[]; fromMs?: number; untilMs?: number; key?: string },
  ): Pair {
    const { extensions, kind = newKey, fromMs = Date.now() - 3_600_000, untilMs = Date.now() + 86_400_000, key } = how;
    const { folder } = this;
    const keys = key === undefined ? [...kind, '-keyout', `${name}.key`] : ['-key', key];
    openssl(folder, 'req', '-new', ...keys, '-subj', `/CN=${name}`, '-out', `${name}.csr`);
    writeFileSync(join(folder, `${name}.ext`), extensions);
    writeFileSync(join(folder, `${name}.conf`), configFor(name));
    writeFileSync(join(folder, `${name}.index`), '');
    writeFileSync(join(folder, `${name}.serial`), randomBytes(8).toString('hex'));
    const by = ['-config', `${name}.conf`, '-batch', '-notext', '-extfile', `${name}.ext`];
    const authority = ['-cert', `${this.name}.pem`, '-keyfile', `${this.name}.key`];
    const times = ['-startdate', timeOf(fromMs), '-enddate', timeOf(untilMs)];
    openssl(folder, 'ca', ...by, ...authority, ...times, '-in', `${name}.csr`, '-out', `${name}.pem`);
    return { cert: join(folder, `${name}.pem`), key: key ?? join(folder, `${name}.key`) };
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

const openssl = (cwd: string, ...args: string[]) => void execFileSync('openssl', args, { cwd, stdio: 'pipe' });

const timeOf = (ms: number) => new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');

const configFor = (name: string) => `
[ca]
default_ca = own
[own]
database = ${name}.index
new_certs_dir = .
serial = ${name}.serial
policy = any
default_md = sha256
unique_subject = no
[any]
commonName = supplied
`;
