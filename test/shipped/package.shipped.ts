import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'signalbox-package-'));
const { version, engines, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const tarball = `signalbox-${version}.tgz`;

// As in a shell of a user who has this Node, and nothing of this project.
const own = /^(npm_|INIT_CWD|NODE_ENV|VITEST)|^(PATH|NODE_OPTIONS)$/;
const env: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name))),
  PATH: [
    dirname(process.execPath),
    ...(process.env.PATH ?? '').split(':').filter((path) => !path.includes('node_modules')),
  ].join(':'),
};
const inFolder = async (line: string) => (await run('sh', ['-c', line], { cwd: folder, env })).stdout;

const needsKafka = 'Kafka needs the package @platformatic/kafka: npm install @platformatic/kafka@2.12.1';

beforeAll(async () => {
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
  await inFolder(`npm install ./${tarball}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the program works when installed in an empty folder', async () => {
  const said = await inFolder("npx signalbox server --spawn 1 -c 'start; ping'");
  expect(said).toMatch(/w1: 2 ping completed/);
});

test('without dockerode, which is not installed with it, containers say what is missing', async () => {
  const line = 'npx signalbox server --plugin signalbox/container --spawn 1 -c "start; container debian true"';
  expect(await inFolder(`${line} || true`)).toContain('containers need the package dockerode: npm install dockerode@5');
});

test('without re2js, which is not installed with it, patterns of checks say what is missing', async () => {
  const line =
    'npx signalbox server --plugin signalbox/check --spawn 1 -c "start; check --match x http://127.0.0.1:1/" 2>&1';
  expect(await inFolder(`${line} || true`)).toContain('patterns need the package re2js: npm install re2js@2');
});

test('without nodemailer, which is not installed with it, a channel for mail says what is missing', async () => {
  const config = 'channels: { box: { mail: { host: localhost, from: a@b, to: [c@d] } } }';
  const line = `echo '${config}' > mail.yaml; npx signalbox server --config mail.yaml --store sqlite:mail.db -c "" 2>&1`;
  expect(await inFolder(`${line} || true`)).toContain('mail needs the package nodemailer: npm install nodemailer@10');
});

test('without @peculiar/x509, which is not installed with it, tls init says what is missing, and writes nothing', async () => {
  const said = await inFolder('npx signalbox tls init certs 2>&1 || ls -d certs 2>&1 || true');
  expect(said).toContain('certificates need the package @peculiar/x509: npm install @peculiar/x509@2 reflect-metadata');
  expect(said).toMatch(/ls: .*certs/);
});

test('without @platformatic/kafka, which is not installed with it, checks that send to Kafka say what is missing', async () => {
  const check = 'check --every 1s --to kafka://127.0.0.1:1/checks http://127.0.0.1:1/';
  const line = `npx signalbox server --plugin signalbox/check --spawn 1 -c "start; ${check}; wait 2" 2>&1`;
  expect(await inFolder(`SIGNALBOX_CHECK_BROKERS=127.0.0.1:1 ${line} || true`)).toContain(needsKafka);
});

test('a writer says which packages are missing and exits with 8: @platformatic/kafka and pg are not installed with it', async () => {
  const writer = 'npx signalbox check writer --from kafka://127.0.0.1:1/checks --to postgres://127.0.0.1/box 2>&1';
  const line = `timeout 60 ${writer} || echo "it exits with $?"`;
  const needsPg = 'a store in PostgreSQL needs the package pg: npm install pg@8';
  expect(await inFolder(line)).toContain(`signalbox: ${needsPg}
it exits with 8
`);
  await inFolder(`npm install pg@${devDependencies.pg}`);
  try {
    expect(await inFolder(line)).toContain(`signalbox: ${needsKafka}\nit exits with 8\n`);
  } finally {
    await inFolder('npm uninstall pg');
  }
});

test('the package contains its pages, and all files that they link to', async () => {
  const package_ = join(folder, 'node_modules/signalbox');
  const pages = globSync('**/*.md', { cwd: package_, exclude: ['node_modules'] });
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'SECURITY.md', 'docs/scripting.md', 'schemas/README.md']));
  const dead = pages.flatMap((page) =>
    [...readFileSync(join(package_, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)\s#]+)/g)]
      .map(([, link = '']) => join(package_, dirname(page), link))
      .filter((target) => !existsSync(target)),
  );
  expect(dead).toEqual([]);
});

test('npx can run it in the checkout after any number of builds: npm makes it executable only when it links it', async () => {
  const { stdout } = await run(join(root, 'dist/src/bin.js'), ['--version'], { env });
  expect(stdout).toBe(`${version}\n`);
});

test('in the checkout the first call of npx runs what was built, and does not build it again', async () => {
  const built = join(root, 'dist/src/bin.js');
  const { mtimeMs } = statSync(built);
  const cache = mkdtempSync(join(folder, 'cache-'));
  const { stdout } = await run('npx', ['--', 'signalbox', '--version'], {
    cwd: root,
    env: { ...env, npm_config_cache: cache },
  });
  expect(stdout).toBe(`${version}\n`);
  expect(statSync(built).mtimeMs).toBe(mtimeMs);
});

test('a program in TypeScript that imports the library type-checks, its types too, and runs', async () => {
  copyFileSync(join(root, 'test/shipped/consumer.ts'), join(folder, 'consumer.mts'));
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2024',
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.mts'] }));
  const compiler = ['typescript', '@types/node'].map((name) => `${name}@${devDependencies[name]}`);
  await inFolder(`npm install --save-dev ${compiler.join(' ')}`);
  expect(await inFolder('npx tsc')).toBe('');
  const said = [
    'the library works',
    'the process said out and ended with 3',
    'program_not_found',
    'signalbox.v1.JobService has traceparent',
    'a place without a store breaks every rule',
    'a store in PostgreSQL needs the package pg: npm install pg@8',
    'container runs true by container',
    'check checks https://example.org/',
    '',
  ];
  expect((await inFolder('node consumer.mts')).split('\n')).toEqual(said);
});

test('on an old Node the program says which version it needs', async () => {
  const old = mkdtempSync(join(folder, 'old-'));
  await inFolder(`npm install --prefix ${old} node-${process.platform}-${process.arch}@20`);
  const node = join(old, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  const failure = await run(node, [join(folder, 'node_modules/.bin/signalbox'), '--version'], { env }).catch(
    (error) => error,
  );
  expect(failure).toMatchObject({ code: 1, stdout: '' });
  const needed = engines.node.replace('>=', '');
  expect(failure.stderr).toMatch(
    /^signalbox: this is Node 20\.\d+\.\d+ \(\S+\); Node (\S+) or newer is required. Install it from https:\S+, or run: npm install node@24\n$/,
  );
  expect(failure.stderr).toContain(`Node ${needed} or newer`);
});

test('publint reports nothing', async () => {
  const { messages } = await publint({ pkgDir: root, pack: 'npm', strict: true });
  expect(messages).toEqual([]);
});

test('the types are right for every resolution of ES modules', async () => {
  const result = await checkPackage(createPackageFromTarballData(readFileSync(join(folder, tarball))));
  // ES modules only, and `exports` only: neither `require` in TypeScript nor its module resolution from before Node 12.
  const known = ['node10', 'node16-cjs'];
  const problems = result.types ? result.problems : ['no types'];
  expect(
    problems.filter(
      (one) => typeof one === 'string' || !('resolutionKind' in one) || !known.includes(one.resolutionKind),
    ),
  ).toEqual([]);
});
