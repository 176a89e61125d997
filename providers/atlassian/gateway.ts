/** How `https://api.atlassian.com` refuses what it knows, as well as what it does not. */
import { z } from 'zod';

/**
 * The credential works, and has no scope for this call, which is no 403: https://github.com/raycast/extensions/issues/11212
 * and, for scoped API tokens, https://github.com/stablyai/orca/pull/20092 (2026-11-30).
 */
export const OUT_OF_SCOPE = z.object({ code: z.literal(401), message: z.string().regex(/\bscope\b/i) });
