import { tryEveryWay } from './every-way.ts';

tryEveryWay(['tester'], { 'in the process': async (world, name) => world.as(name) });
