import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { hasTmux, Screen } from '../support/tmux.ts';

test.skipIf(!hasTmux)(
  'a prompt completes workflows, runs, waiting tasks and schedules',
  {
    timeout: 60_000,
  },
  async () => {
    const folder = join(newFolder(), 'workflows');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'rollout.yaml'),
      `
on: { every: 12h }
params: { version: { description: which one } }
tasks:
  ask: { approve: "Deploy?" }
  deploy: { do: "@w1 run false", needs: ask }
`,
    );
    await using screen = await Screen.open(['--spawn', '1', '--workflows', folder], { columns: 120 });
    await screen.until(/0\/1 ready/);
    await screen.keys('start --wait 1m', 'Enter');
    await screen.until(/^(signalbox)?> +1\/1 ready$/m);
    await screen.until(/schedule rollout\/1/);

    await screen.keys('workflow run rol', 'Tab', '--par', 'Tab', 'ver', 'Tab');
    await screen.until(/^signalbox> workflow run rollout --param version= {2}/m);
    await screen.keys('3', 'Enter');
    await screen.until(/run 1 of rollout asks: Deploy\?/);
    await screen.keys('workflow approve ', 'Tab');
    await screen.until(/^signalbox> workflow approve 1\/ask {2}/m);
    await screen.keys('Enter');
    await screen.until(/^run 1, deploy: \d+ run → w1$/m);
    await screen.until(/^run 1 of rollout failed after \d.*: deploy failed, exit code 1$/m);
    await screen.keys('workflow retry ', 'Tab');
    const rows = await screen.until(/1\/deploy {2}rollout: failed/);
    expect(rows.slice(-2)).toEqual(['  1         rollout: failed', '  1/deploy  rollout: failed']);
    await screen.keys('Escape');
    await screen.until(/^ {2}workflow check\|run/m);
    await screen.keys('C-u', 'schedule pause ', 'Tab');
    await screen.until(/^signalbox> schedule pause rollout\/1 {2}/m);
  },
);
