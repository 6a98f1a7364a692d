import { hasOpenssl } from '../api/https/certificates.ts';
import { tryEveryWay } from './every-way.ts';

tryEveryWay(['tester', 'pilot'], {
  'in the process': async (world, name) => world.as(name),
  ...(hasOpenssl && { 'over https': (world, name) => world.over(name) }),
});
