import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Note, timeLeftMs } from '../../../src/plugins/container/notes/note.ts';
import { Notes } from '../../../src/plugins/container/notes/notes.ts';
import { newFolder } from '../../support/new-folder.ts';

const noteOf = (counter: number, more: Partial<Note> = {}): Note => ({
  version: 1,
  jobId: `abcdefgh0123.${counter}`,
  mark: '0123456789abcdef'.repeat(2),
  args: { image: 'debian:12' },
  ...more,
});
const nothingAside = (sentence: string) => expect.unreachable(sentence);

const containerId = 'c'.repeat(64);

test('the next process finds the notes in the order of their jobs, in their last version', async () => {
  const folder = newFolder();
  const notes = new Notes(folder);
  await notes.write(noteOf(10, { storeId: 's', deadlineMs: 5 }));
  await Promise.all([notes.write(noteOf(9)), notes.write(noteOf(9, { containerId }), { durable: false })]);
  await notes.write(noteOf(2));
  await notes.remove('abcdefgh0123.2');
  const next = new Notes(folder);
  expect(await next.all(nothingAside)).toEqual([
    noteOf(9, { containerId }),
    noteOf(10, { storeId: 's', deadlineMs: 5 }),
  ]);
  expect(statSync(join(folder, 'abcdefgh0123.9.note')).mode & 0o777).toBe(0o600);
});

test('a folder keeps its installation id, and no two folders have the same', async () => {
  const folder = newFolder();
  expect(await new Notes(folder).installation()).toBeUndefined();
  const notes = new Notes(folder);
  const [installation, same] = await Promise.all([notes.makeInstallation(), notes.makeInstallation()]);
  expect([same, await new Notes(folder).makeInstallation(), await new Notes(folder).installation()]).toEqual(
    Array(3).fill(installation),
  );
  expect(await new Notes(newFolder()).makeInstallation()).not.toBe(installation);
});

test('damaged or foreign files are set aside with a sentence, and stop nothing', async () => {
  const folder = newFolder();
  const notes = new Notes(folder);
  await notes.write(noteOf(1));
  const damaged = [
    'abcdefgh0123.2.note',
    'abcdefgh0123.3.note',
    'abcdefgh0123.4.note',
    'letter.txt',
    'abcdefgh0123.6.note',
  ];
  writeFileSync(join(folder, damaged[0] ?? ''), '');
  writeFileSync(join(folder, damaged[1] ?? ''), JSON.stringify({ ...noteOf(3), version: 2 }));
  writeFileSync(join(folder, damaged[2] ?? ''), JSON.stringify(noteOf(1)));
  writeFileSync(join(folder, damaged[3] ?? ''), 'dear reader');
  // It would be another address of the engine.
  writeFileSync(join(folder, damaged[4] ?? ''), JSON.stringify(noteOf(6, { containerId: '../images/x' })));
  mkdirSync(join(folder, 'abcdefgh0123.5.note'));
  const sentences: string[] = [];
  expect(await notes.all((sentence) => sentences.push(sentence))).toEqual([noteOf(1)]);
  expect(sentences).toHaveLength(6);
  expect(sentences.join('\n')).toContain(`${folder}/letter.txt is none of its files; it was set aside`);
  expect(readdirSync(join(folder, 'set-aside')).sort()).toEqual(['abcdefgh0123.5.note', ...damaged].sort());
  expect(readFileSync(join(folder, 'set-aside/letter.txt'), 'utf8')).toBe('dear reader');
  expect(await notes.all(nothingAside)).toEqual([noteOf(1)]);
});

test('an incomplete write and output without its note are removed', async () => {
  const folder = newFolder();
  const notes = new Notes(folder);
  await notes.write(noteOf(1));
  writeFileSync(join(folder, 'abcdefgh0123.1.note.new'), '{"ver');
  writeFileSync(notes.outputOf('abcdefgh0123.1'), 'kept');
  writeFileSync(notes.outputOf('abcdefgh0123.2'), 'of nobody');
  await notes.all(nothingAside);
  expect(readdirSync(folder).sort()).toEqual(['abcdefgh0123.1.note', 'abcdefgh0123.1.output']);
  await notes.remove('abcdefgh0123.1');
  expect(readdirSync(folder)).toEqual([]);
});

test('a note that cannot be written leaves the earlier one, and the next write works', async () => {
  const folder = newFolder();
  const notes = new Notes(folder);
  await notes.write(noteOf(1));
  mkdirSync(join(folder, 'abcdefgh0123.1.note.new'));
  await expect(notes.write(noteOf(1, { containerId }))).rejects.toMatchObject({
    code: 'command_failed',
    message: expect.stringContaining(`the job cannot be noted in ${folder}`),
  });
  expect(await notes.all(nothingAside)).toEqual([noteOf(1)]);
  expect(existsSync(join(folder, 'abcdefgh0123.1.note.new'))).toBe(false);
  await notes.write(noteOf(1, { containerId }));
  expect(await notes.all(nothingAside)).toEqual([noteOf(1, { containerId })]);
});

test('a missing folder is an error with a sentence', async () => {
  const folder = newFolder();
  rmSync(folder, { recursive: true });
  const notes = new Notes(folder);
  const failed = { code: 'command_failed', message: expect.stringContaining(folder) };
  await expect(notes.makeInstallation()).rejects.toMatchObject(failed);
  await expect(notes.all(nothingAside)).rejects.toMatchObject(failed);
  await expect(notes.write(noteOf(1))).rejects.toMatchObject(failed);
});

test('a deadline also passes while no process runs, and a clock that is set back does not extend the remaining time', () => {
  expect(timeLeftMs({}, 5)).toBeUndefined();
  expect(timeLeftMs({ deadlineMs: 100, timeLeftMs: 60 }, 70)).toBe(30);
  expect(timeLeftMs({ deadlineMs: 100, timeLeftMs: 60 }, 170)).toBe(0);
  expect(timeLeftMs({ deadlineMs: 100, timeLeftMs: 60 }, -1_000)).toBe(60);
});
