/** Tests that start programs and reach the code of a folder, in addition to tests that import it. */
const programs: Record<string, readonly string[]> = {
  schemas: ['script', 'words'],
  'src/client': ['clients', 'terminate', 'run', 'lost-output', 'ends'],
  'src/host': ['ends', 'hangup', 'lost-output', 'pipes-as-files'],
  'src/jobs': ['clients', 'outcomes', 'terminate'],
  'src/keys': ['keys'],
  'src/observe': ['log', 'metrics', 'hangup'],
  'src/plugin': ['clients', 'outcomes'],
  'src/process': ['run', 'lost-output', 'ctrl-c', 'environment'],
  'src/program': [
    'exit-codes',
    'interrupted',
    'ends',
    'health',
    'log',
    'metrics',
    'keys',
    'hangup',
    'client-says',
    'lost-output',
    'pipes-as-files',
    'unreadable-input',
  ],
  'src/server': ['clients', 'outcomes', 'log', 'keys', 'terminate'],
  'src/shell': ['script', 'words', 'exit-codes', 'interrupted', 'bad-input', 'outcomes', 'prompt'],
  'src/wire': ['clients', 'keys', 'ends'],
};

export const mutatedFolders = Object.keys(programs);

export function folderOf(file: string): string | undefined {
  return mutatedFolders.find((folder) => file.startsWith(`${folder}/`));
}

/** Arguments of vitest, cheapest first: tests of the folder, tests that import the file, then programs. */
export function rounds(file: string): string[][] {
  const folder = folderOf(file) ?? '';
  const own = `test/${folder.replace('src/', '')}/`;
  return [
    ['run', own],
    ['related', '--run', file, '--exclude', `${own}**`, '--exclude', 'test/{bench,docs,e2e}/**'],
    ['run', ...(programs[folder] ?? []).map((name) => `test/e2e/${name}.`)],
  ];
}
