import { expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { ChildProgram, main } from '../support/program.ts';

/** Node that evaluates `act`, an expression, when zod is loaded. */
const whenZodIsLoaded = (act: string): string[] => [
  '--import',
  `data:text/javascript,${encodeURIComponent(`
    import { readFileSync } from 'node:fs';
    import { registerHooks } from 'node:module';
    const children = () => readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').split(' ').filter(Boolean).length;
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier === 'zod') { ${act}; }
        return next(specifier, context);
      },
    });
  `)}`,
];

const withoutZod = whenZodIsLoaded('process.exit(9)');

test('the help does not load zod, which would take longer than everything else', async () => {
  await using help = new ChildProgram(process.execPath, [...withoutZod, main, '--help']);
  expect(await help.exitCode()).toBe(0);
  expect(help.out.join('\n')).toContain('Usage: signalbox');
});

test('health does not load it either, because a container engine runs health every few seconds', async () => {
  await using health = new ChildProgram(process.execPath, [...withoutZod, main, 'health', '--at', newFolder()]);
  expect(await health.exitCode()).toBe(1);
  expect(health.err).toEqual([expect.stringMatching(/no program answers/)]);
});

test('a server has started its clients when it loads zod, so that both load at the same time', async () => {
  const args = [...whenZodIsLoaded('console.error(children() + " started")'), main, 'server', '--spawn', '2'];
  await using server = new ChildProgram(process.execPath, args);
  server.end('start\n');
  expect(await server.exitCode()).toBe(0);
  expect(new Set(server.err.filter((line) => line.endsWith(' started')))).toEqual(new Set(['2 started']));
});
