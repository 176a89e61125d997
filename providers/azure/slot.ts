/** The keys of a resource, and how the answers that list them are read. */
import { z } from 'zod';
import type { Body } from '../../src/provider/upstream.ts';

/** One of the keys of a resource, and the call that regenerates or deletes it. */
export interface Slot {
  readonly key: string;
  /** Below the resource, or below its parent. */
  readonly path: string;
  readonly onParent?: boolean;
  readonly method?: 'PUT' | 'DELETE';
  /** The path goes on with the key itself: it has no other name. */
  readonly endsInKey?: boolean;
  readonly json?: Body;
}

export interface ResourceKind {
  /** Stored with an entry. */
  readonly id: string;
  /** As in the resource's id. */
  readonly type: string;
  /** Only resources whose `kind` is like this are asked. */
  readonly only?: RegExp;
  /** The keys are those of each resource in this collection of the resource, or in a collection of each of those. */
  readonly below?: readonly string[];
  /** Users may set its keys to what they like, so that several resources may have the same. */
  readonly chosen?: boolean;
  readonly apiVersion: string;
  readonly shape: RegExp;
  /** The call below the resource that lists its keys. */
  readonly list: string;
  readonly listJson?: Body;
  readonly slots: z.core.$ZodType<readonly Slot[]>;
}

export const ANY = /^/;

export type SlotCall = Omit<Slot, 'key'>;

/** Answers like `{"primaryKey":"…","secondaryKey":"…"}`, with the call for each. */
export function byProperty(calls: Readonly<Record<string, SlotCall>>) {
  return z
    .record(z.string(), z.unknown())
    .refine((body) => Object.keys(calls).some((property) => property in body))
    .transform((body): readonly Slot[] =>
      Object.entries(calls).flatMap(([property, call]) => {
        const key = body[property];
        return typeof key === 'string' ? [{ key, ...call }] : [];
      }),
    );
}

/** The same, where the slots go by a name in the body of `path`. */
export function named(path: string, parameter: string, slots: Readonly<Record<string, string>>) {
  const calls = Object.entries(slots).map(([property, slot]) => [
    property,
    { path, json: { [parameter]: slot } },
  ]);
  return byProperty(Object.fromEntries(calls));
}
