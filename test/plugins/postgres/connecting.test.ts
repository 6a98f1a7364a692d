import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseAddress } from '../../../src/plugins/postgres/address.ts';
import { openPostgresStore } from '../../../src/plugins/postgres/postgres-store.ts';
import { Session } from '../../../src/plugins/postgres/session.ts';
import { failsWith } from '../../../src/store/contract/held-store.ts';
import { newFolder } from '../../support/new-folder.ts';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('an address names the server, and libpq variables set the rest', () => {
  const env = { PGUSER: 'ada', PGDATABASE: 'jobs', PGSSLMODE: 'require', PGPASSWORD: 'p' };
  expect(parseAddress('postgres://db.example:6000/other?schema=s', env)).toMatchObject({
    ...{
      host: 'db.example',
      port: 6000,
      user: 'ada',
      database: 'other',
      schema: 's',
      sslMode: 'require',
      password: 'p',
    },
    text: 'postgres://ada@db.example:6000/other?schema=s',
  });
  expect(parseAddress('postgres://bob:s%20t@/x?host=/run/pg', {})).toMatchObject({
    host: '/run/pg',
    user: 'bob',
    password: 's t',
  });
  expect(parseAddress('postgresql://[::1]', env)).toMatchObject({
    host: '::1',
    port: 5432,
    database: 'jobs',
    leaseMs: 30_000,
  });
  expect(parseAddress('postgres://h/d?lease=2m', {})).toMatchObject({
    leaseMs: 120_000,
    text: expect.stringMatching(/d$/),
  });
});

test.each([
  ['postgres://h/d?ssl=1', 'ssl is not a parameter;'],
  [
    'postgres://h/d?sslmode=maybe',
    "sslmode must be one of disable, prefer, require, verify-ca, verify-full, not 'maybe'",
  ],
  ['postgres://h/d?schema=a;b', 'schema must be a name of [a-z0-9_]'],
  ['postgres://h/d?lease=0s', "lease must be 1s to 60m, not '0s'"],
  ['postgres://h/d?lease=90m', "lease must be 1s to 60m, not '90m'"],
  ['postgres://h/d?port=0', '0 is not a port'],
  ['postgres://u:1/secret@h/d', 'in its names and password write / as %2F, ? as %3F, # as %23, @ as %40'],
  ['postgres://u:1#secret@h/d', 'in its names and password write / as %2F, ? as %3F, # as %23, @ as %40'],
  ['postgres://u:1?secret@h/d', 'in its names and password write / as %2F, ? as %3F, # as %23, @ as %40'],
  ['postgres://u:se/cret@h/d', 'in its names and password write / as %2F, ? as %3F, # as %23, @ as %40'],
  ['postgres://h/d?host=u:secret@x', 'the host must be a name, an IP address or a folder'],
  ['postgres://h/d?schema=pg_x', 'PostgreSQL keeps names such as pg_x for itself'],
  ['mysql://h', 'it must be postgres://USER@HOST:PORT/DATABASE'],
])('%s is refused', (address, why) => {
  expect(() => parseAddress(address, {})).toThrow(why);
  expect(() => parseAddress(address, {})).not.toThrow(/secret/);
});

describe.skipIf(noPostgres !== undefined)('PostgreSQL', () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.start([], {
      access: [
        'local all all trust',
        'hostnossl all plain 127.0.0.1/32 trust',
        'hostssl all certified 127.0.0.1/32 cert clientcert=verify-full',
        'host all box 127.0.0.1/32 scram-sha-256',
      ],
    });
    const file = (name: string) => join(cluster.folder, name);
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: cluster.folder, stdio: 'pipe' });
    const make = (name: string, subject: string, names: string) => {
      openssl(
        'req',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
        '-subj',
        subject,
      );
      writeFileSync(file(`${name}.ext`), names);
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        'ca.crt',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-days',
        '2',
        '-extfile',
        `${name}.ext`,
        '-out',
        `${name}.crt`,
      );
    };
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=ca',
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
    );
    make('server', '/CN=db.example', 'subjectAltName=DNS:db.example\n');
    make('client', '/CN=certified', 'basicConstraints=CA:FALSE\n');
    for (const name of ['server.key', 'server.crt', 'ca.crt']) {
      if (process.getuid?.() === 0) chownSync(file(name), Number(execFileSync('id', ['-u', 'postgres'])), -1);
    }
    for (const name of ['server.key', 'client.key']) chmodSync(file(name), 0o600);
    for (const role of ['plain', 'certified']) cluster.sql(`CREATE ROLE ${role} SUPERUSER LOGIN`);
    for (const [setting, name] of [
      ['ssl_cert_file', 'server.crt'],
      ['ssl_key_file', 'server.key'],
      ['ssl_ca_file', 'ca.crt'],
    ]) {
      cluster.sql(`ALTER SYSTEM SET ${setting} = '${file(name ?? '')}'`);
    }
    cluster.sql('ALTER SYSTEM SET ssl = on');
    await cluster.down();
    await cluster.up();
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  const of = (user: string, parameters = ''): string =>
    `postgres://${user}@127.0.0.1:${cluster.port}/postgres?schema=c${parameters}`;
  const opens = async (address: string): Promise<string> => {
    await using store = await openPostgresStore(address);
    return (await store.info()).address;
  };

  test('a password comes from the environment, or from a file that only its owner can read', async () => {
    expect(await failsWith('unavailable', openPostgresStore(of('box')))).toContain('requires a password for box');
    vi.stubEnv('PGPASSWORD', 'wrong');
    expect(await failsWith('unavailable', openPostgresStore(of('box')))).toContain(
      'check PGPASSWORD, PGPASSFILE or sslcert',
    );
    vi.stubEnv('PGPASSWORD', 'right');
    expect(await opens(of('box'))).toBe(`postgres://box@127.0.0.1:${cluster.port}/postgres?schema=c`);
    vi.stubEnv('PGPASSWORD', undefined);
    const file = join(newFolder(), 'pass');
    writeFileSync(file, `# words\nother:*:*:*:wrong\n127.0.0.1:${cluster.port}:*:box:right\n`, { mode: 0o644 });
    vi.stubEnv('PGPASSFILE', file);
    expect(await failsWith('unavailable', openPostgresStore(of('box')))).toContain(
      'can be read by others; run chmod 0600 on it',
    );
    chmodSync(file, 0o600);
    await opens(of('box'));
  });

  test('its certificate is checked according to sslmode', async () => {
    vi.stubEnv('PGPASSWORD', 'right');
    const root = `&sslrootcert=${cluster.folder}/ca.crt`;
    await opens(of('box', '&sslmode=require'));
    await opens(of('box', `&sslmode=verify-ca${root}`));
    expect(await failsWith('unavailable', openPostgresStore(of('box', `&sslmode=verify-full${root}`)))).toContain(
      'its certificate is for another host',
    );
    expect(await failsWith('unavailable', openPostgresStore(of('box', '&sslmode=verify-ca')))).toContain(
      'set sslrootcert to',
    );
    expect(
      await failsWith('unavailable', openPostgresStore(of('box', '&sslmode=verify-ca&sslrootcert=/none'))),
    ).toContain('sslrootcert cannot be read');
    await opens(of('plain', '&sslmode=disable'));
  });

  test('a client certificate admits its user', async () => {
    const files = `&sslcert=${cluster.folder}/client.crt&sslkey=${cluster.folder}/client.key`;
    await opens(of('certified', `&sslmode=require${files}`));
    await failsWith('unavailable', openPostgresStore(of('certified', '&sslmode=require')));
  });

  test('a schema can have any name, also a keyword of SQL', async () => {
    vi.stubEnv('PGPASSWORD', 'right');
    expect(await opens(of('box').replace('=c', '=user'))).toContain('schema=user');
  });

  test('a role without rights, and one with too few connections, get an error that says so', async () => {
    const socket = (user: string, schema: string) =>
      `postgres://${user}@/postgres?host=${cluster.folder}&port=${cluster.port}&schema=${schema}`;
    await opens(socket('box', 'owned'));
    cluster.sql('CREATE ROLE stranger LOGIN');
    cluster.sql('CREATE ROLE few LOGIN CONNECTION LIMIT 0');
    expect(await failsWith('unavailable', openPostgresStore(socket('stranger', 'owned')))).toContain(
      'stranger may not use the schema owned',
    );
    cluster.sql('GRANT USAGE ON SCHEMA owned TO stranger');
    expect(await failsWith('unavailable', openPostgresStore(socket('stranger', 'owned')))).toContain(
      'permission denied for table store; grant it',
    );
    expect(await failsWith('unavailable', openPostgresStore(socket('few', 'owned')))).toContain(
      'accepts no more connections',
    );
  });

  test('a commit waits for the disk, even if the database is configured otherwise', async () => {
    cluster.sql("ALTER ROLE plain SET synchronous_commit = 'off'");
    const address = parseAddress(of('plain', '&sslmode=disable'));
    await using session = await Session.open(address, { statementMs: 5_000, lockMs: 5_000, idleMs: 0 });
    expect(await session.query('SHOW synchronous_commit')).toEqual([['local']]);
  });

  test('limits are set in the session, because a pooler refuses them as parameters of a connection', async () => {
    const address = parseAddress(of('plain', '&sslmode=disable'));
    await using session = await Session.open(address, { statementMs: 5_000, lockMs: 4_000, idleMs: 3_000 });
    const query =
      "SELECT name, setting, source FROM pg_settings WHERE name ~ '_timeout$' AND setting <> reset_val ORDER BY name";
    expect(await session.query(query)).toEqual([
      ['idle_in_transaction_session_timeout', '3000', 'session'],
      ['lock_timeout', '4000', 'session'],
      ['statement_timeout', '5000', 'session'],
    ]);
  });

  test('a reader creates no store, needs no right to write, and changes nothing', async () => {
    vi.stubEnv('PGPASSWORD', 'right');
    const address = of('box').replace('=c', '=reading');
    expect(await failsWith('unavailable', openPostgresStore(address, { readOnly: true }))).toContain(
      'has no store in its schema reading',
    );
    expect(cluster.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'reading'")).toBe('0');
    await opens(address);
    cluster.sql('CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA reading TO reader');
    cluster.sql('GRANT SELECT ON ALL TABLES IN SCHEMA reading TO reader');
    const socket = `postgres://reader@/postgres?host=${cluster.folder}&port=${cluster.port}&schema=reading`;
    await using reader = await openPostgresStore(socket, { readOnly: true });
    expect(await reader.info()).toMatchObject({ jobs: 0 });
    await using store = await openPostgresStore(address, { readOnly: true });
    const holder = { epoch: 'e', endpoint: 'x', host: 'h', pid: 1 };
    expect(await failsWith('unavailable', store.take(holder))).toContain('is read-only');
  });

  test('a socket, a missing database, a foreign schema and a newer version', async () => {
    const socket = `postgres://box@/postgres?host=${cluster.folder}&port=${cluster.port}`;
    await opens(`${socket}&schema=c`);
    const missing = `postgres://box@/nothing?host=${cluster.folder}&port=${cluster.port}`;
    expect(await failsWith('unavailable', openPostgresStore(missing))).toContain('create it with: createdb nothing');
    cluster.sql('CREATE SCHEMA foreign_one; CREATE TABLE foreign_one.store (a int)');
    expect(await failsWith('bad_store', openPostgresStore(`${socket}&schema=foreign_one`))).toContain(
      'tables of another program',
    );
    cluster.sql('CREATE SCHEMA foreign_two; CREATE VIEW foreign_two.jobs AS SELECT 1 AS a');
    expect(await failsWith('bad_store', openPostgresStore(`${socket}&schema=foreign_two`))).toContain(
      'tables of another program',
    );
    await opens(`${socket}&schema=newer`);
    cluster.sql('UPDATE newer.store SET version = 99');
    expect(await failsWith('bad_store', openPostgresStore(`${socket}&schema=newer`))).toContain(
      'a newer signalbox: its version is 99',
    );
    expect(await failsWith('unavailable', openPostgresStore('postgres://box@127.0.0.1:1/x'))).toContain(
      'nobody listens there',
    );
  });
});
