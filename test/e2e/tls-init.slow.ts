import { execFile, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { type AddressInfo, isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { hasOpenssl } from '../api/https/certificates.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';
import { noCurl } from './prometheus.ts';

const run = promisify(execFile);
const noPython = spawnSync('python3', ['-c', 'import ssl']).status !== 0;
const dayMs = 86_400_000;

/** Runs `signalbox tls …`. */
async function tls(...args: string[]) {
  await using program = new Program('tls', ...args);
  return { exitCode: await program.exitCode(), out: program.out, err: program.err };
}

/** A folder that `tls init` has made. */
async function initFolder(...args: string[]): Promise<string> {
  const folder = join(newFolder(), 'certs');
  expect(await tls('init', folder, ...args)).toMatchObject({ exitCode: 0, err: [] });
  return folder;
}

const certificateIn = (folder: string, name: string) => new X509Certificate(readFileSync(join(folder, `${name}.pem`)));
/** The text of openssl for each extension, without its heading. */
async function extensionsOf(folder: string, name: string): Promise<Record<string, string>> {
  const shown = 'basicConstraints,keyUsage,extendedKeyUsage,subjectAltName';
  const { stdout } = await run('openssl', ['x509', '-in', join(folder, `${name}.pem`), '-noout', '-ext', shown]);
  const found = stdout.matchAll(/X509v3 (.+?): *(critical)?\n +(.+)\n/g);
  return Object.fromEntries(
    [...found].map(([, title, critical, text]) => [title, critical ? `${critical}, ${text}` : text]),
  );
}

test('init makes three pairs that only their owner can read, says what to type next, and overwrites nothing', async () => {
  const folder = join(newFolder(), 'a', 'certs');
  const { exitCode, out } = await tls('init', folder);
  expect(exitCode).toBe(0);
  expect(out[0]).toContain(`${hostname()}, localhost, 127.0.0.1, ::1`);
  expect(out).toContainEqual(`  signalbox operators add NAME --role admin --certificate ${folder}/operator.pem`);
  const files = ['ca.key', 'ca.pem', 'operator.key', 'operator.pem', 'server.key', 'server.pem'];
  expect(readdirSync(folder).sort()).toEqual(['.gitignore', ...files]);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const file of files) expect(statSync(join(folder, file)).mode & 0o777, file).toBe(0o600);

  const before = files.map((file) => readFileSync(join(folder, file), 'utf8'));
  rmSync(join(folder, 'server.pem'));
  const again = await tls('init', folder);
  expect(again).toMatchObject({ exitCode: 2, out: [] });
  expect(again.err[0]).toContain('nothing was overwritten');
  expect(readdirSync(folder)).not.toContain('server.pem');
  expect(await tls('operator', 'operator', folder)).toMatchObject({ exitCode: 2 });
  expect(await tls('operator', 'ca', folder)).toMatchObject({ exitCode: 2 });
  const kept = files.filter((file) => file !== 'server.pem');
  expect(kept.map((file) => readFileSync(join(folder, file), 'utf8'))).toEqual(
    before.filter((_, at) => files[at] !== 'server.pem'),
  );
});

test.skipIf(!hasOpenssl)('openssl accepts them, and each is valid for its purpose alone', async () => {
  const folder = await initFolder(
    '--host',
    'box.example',
    '--host',
    '*.box.example',
    '--host',
    '10.0.0.7',
    '--host',
    '::1',
  );
  expect(await tls('operator', 'ada', folder)).toMatchObject({ exitCode: 0 });
  expect(await tls('server', 'box2', folder, '--host', 'box2.example')).toMatchObject({ exitCode: 0 });
  const verified = async (name: string, purpose: string): Promise<boolean> => {
    const options = ['-x509_strict', '-check_ss_sig', '-purpose', purpose, '-CAfile', join(folder, 'ca.pem')];
    return await run('openssl', ['verify', ...options, join(folder, `${name}.pem`)]).then(
      () => true,
      () => false,
    );
  };
  for (const name of ['server', 'box2']) {
    expect([await verified(name, 'sslserver'), await verified(name, 'sslclient')], name).toEqual([true, false]);
  }
  for (const name of ['operator', 'ada']) {
    expect([await verified(name, 'sslserver'), await verified(name, 'sslclient')], name).toEqual([false, true]);
  }

  expect(await extensionsOf(folder, 'ca')).toEqual({
    'Basic Constraints': 'critical, CA:TRUE, pathlen:0',
    'Key Usage': 'critical, Certificate Sign, CRL Sign',
  });
  expect(await extensionsOf(folder, 'server')).toEqual({
    'Basic Constraints': 'critical, CA:FALSE',
    'Key Usage': 'critical, Digital Signature',
    'Extended Key Usage': 'TLS Web Server Authentication',
    'Subject Alternative Name': 'DNS:box.example, DNS:*.box.example, IP Address:10.0.0.7, IP Address:0:0:0:0:0:0:0:1',
  });
  expect(await extensionsOf(folder, 'ada')).toEqual({
    'Basic Constraints': 'critical, CA:FALSE',
    'Key Usage': 'critical, Digital Signature',
    'Extended Key Usage': 'TLS Web Client Authentication',
  });
  for (const name of ['ca', 'server', 'operator', 'ada', 'box2']) {
    const certificate = certificateIn(folder, name);
    expect(certificate.publicKey.asymmetricKeyDetails, name).toEqual({ namedCurve: 'prime256v1' });
    expect(certificate.toLegacyObject(), name).toMatchObject({ bits: 256 });
  }
  const subjects = ['server', 'ada'].map((name) => certificateIn(folder, name).subject);
  expect(subjects).toEqual(['CN=server', 'CN=ada']);
});

test('they are valid for the given time, and none outlives its authority', async () => {
  const folder = await initFolder('--days', '7');
  const inDays = (name: string) => Math.round((certificateIn(folder, name).validToDate.getTime() - Date.now()) / dayMs);
  expect(['ca', 'server', 'operator'].map(inDays)).toEqual([3_650, 7, 7]);
  const { out } = await tls('operator', 'ada', folder, '--days', '9999', '--json');
  const ca = certificateIn(folder, 'ca').validToDate;
  expect(JSON.parse(out.join())).toEqual({
    name: 'ada',
    certificate: join(folder, 'ada.pem'),
    key: join(folder, 'ada.key'),
    notAfterMs: certificateIn(folder, 'ada').validToDate.getTime(),
  });
  expect(certificateIn(folder, 'ada').validToDate).toEqual(ca);
  // Clocks differ.
  expect(certificateIn(folder, 'ada').validFromDate.getTime()).toBeLessThan(Date.now() - 1_800_000);
});

test('two authorities have different names and sign nothing for each other', async () => {
  const [one, other] = await Promise.all([initFolder(), initFolder()]);
  expect(certificateIn(one, 'ca').subject).not.toBe(certificateIn(other, 'ca').subject);
  writeFileSync(join(one, 'ca.key'), readFileSync(join(other, 'ca.key')));
  const { exitCode, err } = await tls('operator', 'ada', one);
  expect(exitCode).toBe(2);
  expect(err.join()).toContain('the key does not belong to its certificate');
  expect(readdirSync(one)).not.toContain('ada.key');
});

/** A server that uses the certificates of a folder, and admits only holders of a certificate of its authority. */
async function openServer() {
  const folder = await initFolder();
  const at = (file: string) => join(folder, file);
  const of = (name: string) => ({ cert: readFileSync(at(`${name}.pem`)), key: readFileSync(at(`${name}.key`)) });
  const ca = readFileSync(at('ca.pem'));
  const server = createServer({
    ...of('server'),
    ca,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
  });
  server.on('request', (request, response) => {
    const { subject } = (request.socket as import('node:tls').TLSSocket).getPeerCertificate();
    response.end(`hello ${subject.CN}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  return { at, of, ca, port };
}

test.skipIf(noCurl)(
  'curl calls a server with mutual TLS; without the certificate of the operator it is refused',
  async () => {
    const { at, port } = await openServer();
    const pair = ['--cert', at('operator.pem'), '--key', at('operator.key')];
    const curl = (...args: string[]) =>
      run('curl', ['-sS', '--tlsv1.3', '--cacert', at('ca.pem'), ...args, `https://localhost:${port}/`]).then(
        ({ stdout }) => stdout,
        () => 'refused',
      );
    expect(await curl(...pair)).toBe('hello operator');
    expect(await curl()).toBe('refused');
  },
);

test.skipIf(noPython)('Python calls a server with mutual TLS', async () => {
  const { at, port } = await openServer();
  const script = `
import ssl, sys, urllib.request
ca, cert, key, url = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
context.verify_flags |= ssl.VERIFY_X509_STRICT
context.load_cert_chain(cert, key)
print(urllib.request.urlopen(url, context=context).read().decode())
`;
  const python = await run('python3', [
    ...['-c', script, at('ca.pem'), at('operator.pem'), at('operator.key'), `https://127.0.0.1:${port}/`],
  ]);
  expect(python.stdout).toBe('hello operator\n');
});

test('Node calls a server with mutual TLS', async () => {
  const { of, ca, port } = await openServer();
  for (const host of ['localhost', '127.0.0.1']) {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ host, port, ca, ...of('operator'), ...name });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.destroy();
  }
});

test.each([
  ['a folder that others can enter', ['init', 'open'], 'others can enter'],
  ['a file in its place', ['init', 'file'], 'is not a folder'],
  ['no authority', ['operator', 'ada', 'own'], 'run: signalbox tls init'],
  ['a host that is none', ['init', 'new', '--host', 'a b'], '--host a b is not a valid name'],
  ['a link-local address', ['init', 'new', '--host', 'fe80::1%eth0'], 'is not a valid name'],
  ['a name that is a path', ['operator', '../ada', 'own'], "'../ada' is not a valid name"],
  ['no days', ['init', 'new', '--days', '0'], 'it must be a whole number from 1 to 9999'],
])('%s: 2 with the reason, and nothing is written', async (_, args, reason) => {
  const folder = newFolder();
  mkdirSync(join(folder, 'own'), { mode: 0o700 });
  mkdirSync(join(folder, 'open'));
  chmodSync(join(folder, 'open'), 0o755);
  writeFileSync(join(folder, 'file'), '');
  const before = readdirSync(folder, { recursive: true });
  const { exitCode, out, err } = await tls(
    ...args.map((one) => (/^(open|file|own|new)$/.test(one) ? join(folder, one) : one)),
  );
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: [] });
  expect(err.join('\n')).toContain(reason);
  expect(readdirSync(folder, { recursive: true })).toEqual(before);
});
