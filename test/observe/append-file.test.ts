import { mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AppendFile } from '../../src/observe/append-file.ts';
import { newFolder } from '../support/new-folder.ts';

async function openFile() {
  const folder = newFolder();
  const path = join(folder, 'log');
  const failures: Error[] = [];
  const file = await AppendFile.open(path, (error) => failures.push(error));
  return { file, path, moved: join(folder, 'log.1'), failures };
}

const text = (path: string) => readFileSync(path, 'utf8');

test('a file that was moved is written to until it is reopened', async () => {
  const { file, path, moved } = await openFile();
  await file.put(Buffer.from('one\n'));
  renameSync(path, moved);
  await file.put(Buffer.from('two\n'));
  await file.reopen();
  await file.put(Buffer.from('three\n'));
  await file[Symbol.asyncDispose]();
  expect([text(moved), text(path)]).toEqual(['one\ntwo\n', 'three\n']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a line is never split across two files', async () => {
  const { file, path, moved } = await openFile();
  await file.put(Buffer.from('begin'));
  renameSync(path, moved);
  await file.reopen();
  await file.put(Buffer.from('ning\n'));
  await file.put(Buffer.from('next\n'));
  await file[Symbol.asyncDispose]();
  expect([text(moved), text(path)]).toEqual(['beginning\n', 'next\n']);
});

test('a file that cannot be reopened is reported, and the previous one is written to', async () => {
  const { file, path, moved, failures } = await openFile();
  renameSync(path, moved);
  mkdirSync(path);
  await file.reopen();
  await file.put(Buffer.from('one\n'));
  await file[Symbol.asyncDispose]();
  expect(failures).toMatchObject([{ code: 'bad_usage' }]);
  expect(text(moved)).toBe('one\n');
});
