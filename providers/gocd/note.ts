/** What survives between the steps of one leaked token. It holds no secret, and it is stored sealed all the same. */
import { z } from 'zod';

const seconds = z.int().nullable();
const id = z.int();

const noteSchema = z.object({
  /** Base URL of the server that knows the token. */
  server: z.string(),
  /** Null until the server names the token's owner. */
  owner: z.string().nullable(),
  /** The records that came into question, as they were before the first probe changed the times. */
  seen: z.array(z.object({ id, createdAt: seconds, lastUsedAt: seconds })),
  /** The probe whose effect is not read yet, and the last uses just before it. */
  probe: z
    .object({
      window: z.object({ from: z.int(), to: z.int() }),
      before: z.array(z.tuple([id, seconds])),
    })
    .nullable(),
  rounds: z.array(z.object({ used: z.array(id), hit: z.array(id) })),
  /** Rounds in which no use showed up: lost in a restart, or the wait was too short. */
  lost: z.int(),
  /** The records to revoke, and why; stored before the first is. */
  plan: z
    .object({
      why: z.enum(['exact', 'high', 'candidates', 'all']),
      ids: z.array(id),
    })
    .nullable(),
  /** Records that were revoked although they were not the leaked token's. */
  revokedInVain: z.array(id),
  /** A record that was identified turned out to be the wrong one. */
  alarmed: z.boolean(),
});

export type Note = z.infer<typeof noteSchema>;
export type Plan = NonNullable<Note['plan']>;

/** @returns undefined when there is none, or another version wrote it: then the work starts anew */
export function readNote(value: unknown): Note | undefined {
  return noteSchema.safeParse(value).data;
}

export function newNote(server: string): Note {
  return {
    server,
    owner: null,
    seen: [],
    probe: null,
    rounds: [],
    lost: 0,
    plan: null,
    revokedInVain: [],
    alarmed: false,
  };
}
