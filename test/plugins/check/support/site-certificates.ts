import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Certificates of a test authority, whose certificate is `ca`. */
export interface SiteCertificates {
  readonly ca: string;
  /** For localhost and 127.0.0.1, valid for 29 whole days from now. */
  readonly good: Certificate;
  readonly expired: Certificate;
  readonly future: Certificate;
  readonly otherName: Certificate;
  readonly selfSigned: Certificate;
}

const config = `
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
serial = serial
policy = any
default_md = sha256
unique_subject = no
[any]
commonName = supplied
`;

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const inDays = (days: number) =>
  `${new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, '')}`;

/** Makes them in a folder, with the program `openssl`. */
export async function makeSiteCertificates(folder: string): Promise<SiteCertificates> {
  const openssl = async (...args: string[]) => void (await promisify(execFile)('openssl', args, { cwd: folder }));
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  const pair = async (name: string) => ({ cert: await read(`${name}.pem`), key: await read(`${name}.key`) });
  writeFileSync(join(folder, 'config'), config);
  writeFileSync(join(folder, 'index.txt'), '');
  writeFileSync(join(folder, 'serial'), '01\n');
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-subj',
    '/CN=authority',
    '-days',
    '30',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  const sign = async (name: string, names: string, fromDays: number, toDays: number) => {
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${names}`);
    await openssl('req', '-new', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const times = ['-startdate', inDays(fromDays), '-enddate', inDays(toDays)];
    const by = [
      '-config',
      'config',
      '-batch',
      '-notext',
      '-cert',
      'ca.pem',
      '-keyfile',
      'ca.key',
      '-extfile',
      `${name}.ext`,
    ];
    await openssl('ca', ...by, ...times, '-in', `${name}.csr`, '-out', `${name}.pem`);
    return await pair(name);
  };
  const own = 'DNS:localhost,IP:127.0.0.1';
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
    '-keyout',
    'self.key',
    '-out',
    'self.pem',
  );
  return {
    ca: await read('ca.pem'),
    good: await sign('good', own, -1, 29.5),
    expired: await sign('expired', own, -9, -2.5),
    future: await sign('future', own, 2, 9),
    otherName: await sign('other', 'DNS:elsewhere.example', -1, 9),
    selfSigned: await pair('self'),
  };
}
