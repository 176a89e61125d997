/**
 * How an instance refuses a token.
 *
 * Docs: Grafana's source (pkg/services/authn/clients/api_key.go, in older versions
 * pkg/services/contexthandler/contexthandler.go); checked 2026-11-30.
 *
 * - Older versions have no ids of messages (seen in aws-observability/amazon-managed-grafana-migrator issue 14).
 */
import { z } from 'zod';

const inWords = <Words extends string>(...words: readonly Words[]) =>
  z.object({ message: z.enum(words), messageId: z.undefined().optional() });
const byId = <Id extends string>(...ids: readonly Id[]) => z.object({ messageId: z.enum(ids) });

/** Of this very token, by its hash. */
export const ENDED = z.union([
  byId('api-key.expired', 'api-key.revoked'),
  inWords('Expired API key', 'Revoked token'),
]);
export const INVALID = z.union([byId('api-key.invalid'), inWords('Invalid API key')]);
/** Where anonymous access is on, a token that is refused, for whatever reason, is taken for nobody's. */
export const NOBODY = inWords('Unauthorized');
