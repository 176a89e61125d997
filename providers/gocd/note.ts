/** What survives between the steps of one leaked token. It holds no secret, and it is stored sealed all the same. */
import { z } from 'zod';

const seconds = z.int().nullable();
const id = z.int();
/** Of our clock. */
const ms = z.number();

const burstSchema = z.object({
  phase: z.enum(['probing', 'settling', 'silent', 'confirming']),
  /** The records that are left, and their last uses in the newest list. */
  uses: z.array(z.tuple([id, seconds])),
  /** The newest last use of all records in that list. */
  newest: seconds,
  /** Flushes seen in this phase. */
  flushes: z.int(),
  /** Lists since the first probe of this phase. */
  lists: z.int(),
  /** When the newest probe was sent. */
  sentAt: ms.nullable(),
  /** The longest pause between two probes since the newest list, and before it. */
  gapMs: ms,
  gapBeforeMs: ms,
  /**
   * The newest flush of this phase: when it was on the server's clock, in seconds; when it was seen on ours; and by how many
   * seconds these two may be apart.
   */
  flushSeen: z.tuple([z.int(), ms, z.number()]).nullish(),
  /** When the newest list was read. */
  listedAt: ms.nullish(),
  startedAt: ms,
  phaseAt: ms,
  /** The longest time between two flushes that were seen, and when the newest was. */
  flushMs: ms,
  flushedAt: ms.nullable(),
});

const noteSchema = z.object({
  /** Base URL of the server that knows the token. */
  server: z.string(),
  /** Null until the server names the token's owner. */
  owner: z.string().nullable(),
  /** Id, creation and last use of the records in question, as they were before the first probe changed the times. */
  seen: z.array(z.tuple([id, seconds, seconds])),
  burst: burstSchema.nullable(),
  /** Names this entry among those that work on the same server. */
  turn: z.number(),
  /** How often a burst led nowhere and was begun anew. */
  anew: z.int(),
  /** The records to revoke, and why; stored before the first is. */
  plan: z
    .object({
      why: z.enum(['only-one', 'salt-id', 'burst', 'silence', 'candidates', 'all']),
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

/** Of a token that no server lets in, which proves nothing: whether any record is used whenever we use it. */
const watchSchema = z.object({
  watch: z.array(
    z.object({
      server: z.string(),
      /** The newest last use, and whose it was, just before the newest probe. */
      newest: seconds,
      of: z.array(id),
      /** The records that were used after each probe so far; null before the first list that tells. */
      followers: z.array(id).nullable(),
    }),
  ),
  rounds: z.int(),
  /** How often there was one such record, and nobody could say more. */
  tries: z.int(),
});

export type Watch = z.infer<typeof watchSchema>;

/** @returns undefined when there is none, or another version wrote it: then the work starts anew */
export function readNote(value: unknown): Note | undefined {
  return noteSchema.safeParse(value).data;
}

export function readWatch(value: unknown): Watch | undefined {
  return watchSchema.safeParse(value).data;
}

export function newNote(server: string, turn: number): Note {
  return {
    server,
    owner: null,
    seen: [],
    burst: null,
    turn,
    anew: 0,
    plan: null,
    revokedInVain: [],
    alarmed: false,
  };
}
