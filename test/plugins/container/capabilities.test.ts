import { expect, test } from 'vitest';
import { capabilitiesOf, capabilitySchema, notAllowed } from '../../../src/plugins/container/contracts/capabilities.ts';

const defaults = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

test('the defaults are those of Docker without NET_RAW, each by name', () => {
  expect(capabilitiesOf()).toEqual({ CapAdd: defaults, CapDrop: ['ALL'] });
});

test.each([
  [
    { add: ['net_admin'], drop: [] },
    { CapAdd: [...defaults, 'NET_ADMIN'].sort(), CapDrop: ['ALL'] },
  ],
  [
    { add: ['NET_RAW'], drop: [] },
    { CapAdd: [...defaults, 'NET_RAW'].sort(), CapDrop: ['ALL'] },
  ],
  [
    { add: [], drop: ['cap_chown'] },
    { CapAdd: defaults.filter((one) => one !== 'CHOWN'), CapDrop: ['ALL'] },
  ],
  [
    { add: [], drop: ['all'] },
    { CapAdd: [], CapDrop: ['ALL'] },
  ],
  [
    { add: ['CAP_CHOWN'], drop: ['ALL'] },
    { CapAdd: ['CHOWN'], CapDrop: ['ALL'] },
  ],
  [
    { add: ['ALL'], drop: ['SYS_ADMIN'] },
    { CapAdd: ['ALL'], CapDrop: ['SYS_ADMIN'] },
  ],
])('%j', ({ add, drop }, made) => {
  expect(capabilitiesOf(add, drop)).toEqual(made);
});

test.each([
  { add: ['SYS_ADMIN'], allowed: [], refused: ['SYS_ADMIN'] },
  { add: ['cap_sys_admin', 'NET_ADMIN'], allowed: ['NET_ADMIN'], refused: ['SYS_ADMIN'] },
  { add: ['ALL'], allowed: ['SYS_ADMIN'], refused: ['ALL'] },
  { add: ['NET_RAW'], allowed: [], refused: ['NET_RAW'] },
  { add: ['CHOWN', 'cap_net_bind_service'], allowed: [], refused: [] },
  { add: ['SYS_ADMIN'], allowed: ['cap_sys_admin'], refused: [] },
  { add: ['ALL', 'SYS_ADMIN'], allowed: ['ALL'], refused: [] },
])('a client that allows $allowed refuses $refused of $add', ({ add, allowed, refused }) => {
  expect(notAllowed(add, allowed)).toEqual(refused);
});

test.each(['', 'CAP_', 'CAP_CAP_CHOWN', 'SYS_ADMINS', 'SYS_ADMIN ', 'CAP_ALL,SYS_ADMIN'])(
  '%j is no capability',
  (word) => {
    expect(capabilitySchema.safeParse(word).success).toBe(false);
  },
);
