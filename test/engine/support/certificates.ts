import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const openssl = async (folder: string, args: readonly string[]) =>
  void (await promisify(execFile)('openssl', args, { cwd: folder }));

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/**
 * Certificates for mutual TLS, of a test authority: `ca.pem`, `server.pem` for 127.0.0.1 with `server-key.pem`, and
 * `cert.pem` with `key.pem`, the names that the Docker CLI uses for a client.
 */
export async function makeCertificates(folder: string): Promise<void> {
  const authority = [
    '-x509',
    ...newKey,
    '-subj',
    '/CN=authority',
    '-days',
    '1',
    '-keyout',
    'ca-key.pem',
    '-out',
    'ca.pem',
  ];
  await openssl(folder, ['req', ...authority]);
  const sign = async (name: string, key: string, extensions: string) => {
    writeFileSync(join(folder, 'extensions'), extensions);
    await openssl(folder, ['req', ...newKey, '-subj', `/CN=${name}`, '-keyout', key, '-out', 'request.pem']);
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-days', '1', '-extfile', 'extensions'];
    await openssl(folder, ['x509', '-req', '-in', 'request.pem', '-out', `${name}.pem`, ...by]);
  };
  await sign('server', 'server-key.pem', 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth');
  await sign('cert', 'key.pem', 'extendedKeyUsage=clientAuth');
}
