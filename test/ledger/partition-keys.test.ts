/** Where a partition lies is stored in the name of every key, so it never changes. */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { partitionOf, SLOTS, slotOf } from '../../src/ledger/redis/keys.ts';
import { hashTags } from '../support/hash-tags.ts';

const SCRIPTS = resolve(import.meta.dirname, '../../src/ledger/redis/lua');

it('is one under the tag that it has had since the first version', () => {
  expect(hashTags(1)).toEqual(['quash']);
});

it.each([3, 12, 60, 256])('is in the part of the slots with its number, of %i', (partitions) => {
  const parts = hashTags(partitions).map((tag) => Math.floor((slotOf(tag) * partitions) / SLOTS));

  expect(parts).toEqual(parts.map((_, index) => index));
});

it('has the tags and the entries that it had when the ledger was made', () => {
  expect(hashTags(3)).toEqual(['quash.2', 'quash.1', 'quash.0']);
  expect(hashTags(12)).toEqual(
    [3, 23, 41, 2, 22, 40, 1, 21, 43, 0, 20, 42].map((number) => `quash.${number}`),
  );
  const ids = ['09238cb14f6d8815b2881a883fcb4d47', '198a0729bbb84cdb9d970be611e8d6dc', 'gitlab'];
  expect(ids.map((id) => partitionOf(id, 12))).toEqual([7, 10, 4]);
});

it('has the slot that the specification of Redis Cluster says', () => {
  // CRC16 of "123456789" is 0x31C3.
  expect(slotOf('123456789')).toBe(0x31c3 % SLOTS);
});

it('is named by no script', () => {
  const naming = readdirSync(SCRIPTS).filter((name) =>
    readFileSync(resolve(SCRIPTS, name), 'utf8').includes('{quash'),
  );

  expect(naming).toEqual([]);
});
