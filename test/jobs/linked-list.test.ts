import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Linked, LinkedList } from '../../src/jobs/linked-list.ts';

class Item implements Linked<Item> {
  list: LinkedList<Item> | undefined = undefined;
  previous: Item | undefined = undefined;
  next: Item | undefined = undefined;
}

const moves = fc.array(fc.record({ item: fc.nat(9), to: fc.nat(3) }), { maxLength: 200 });

test('an item is in the list to which it was added last, at its end, and in no other', () => {
  fc.assert(
    fc.property(moves, (taken) => {
      const items = Array.from({ length: 10 }, () => new Item());
      const lists = [new LinkedList<Item>(), new LinkedList<Item>(), new LinkedList<Item>()];
      const expected: Item[][] = [[], [], []];
      for (const { item: place, to } of taken) {
        const item = items[place] as Item;
        for (const [at, list] of expected.entries()) expected[at] = list.filter((one) => one !== item);
        // The fourth place stands for no list.
        expected[to]?.push(item);
        if (lists[to]) lists[to].add(item);
        else item.list?.remove(item);
      }
      expect(lists.map((list) => [...list].map((item) => items.indexOf(item)))).toStrictEqual(
        expected.map((list) => list.map((item) => items.indexOf(item))),
      );
      expect(lists.map(({ size, first }) => [size, first])).toStrictEqual(
        expected.map((list) => [list.length, list[0]]),
      );
    }),
  );
});
