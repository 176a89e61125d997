/** A record of an access token, as GoCD's API has it. */
import { z } from 'zod';

/** Why a record was revoked, if Quash did it. */
export const CAUSE = 'Found in a repository by secret detection; revoked by Quash.';

/** One access token as an administrator sees it; times in seconds since the Unix epoch, null for never. */
export interface TokenRecord {
  readonly id: number;
  readonly username: string;
  readonly createdAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
  readonly revokedBy: string | null;
  /** It carries the cause that Quash gives. */
  readonly isOurs: boolean;
  /** Revoked, and hidden from its own token, because its owner was deleted. */
  readonly isUserDeleted: boolean;
}

const seconds = z.iso.datetime({ offset: true }).transform((text) => Math.floor(Date.parse(text) / 1000));
export const recordSchema = z
  .object({
    id: z.int(),
    username: z.string(),
    created_at: seconds.nullish(),
    last_used_at: seconds.nullish(),
    revoked_at: seconds.nullish(),
    revoked_by: z.string().nullish(),
    revoke_cause: z.string().nullish(),
    revoked_because_user_deleted: z.boolean().nullish(),
  })
  .transform(
    (record): TokenRecord => ({
      id: record.id,
      username: record.username,
      createdAt: record.created_at ?? null,
      lastUsedAt: record.last_used_at ?? null,
      revokedAt: record.revoked_at ?? null,
      revokedBy: record.revoked_by ?? null,
      isOurs: record.revoke_cause === CAUSE,
      isUserDeleted: record.revoked_because_user_deleted === true,
    }),
  );
