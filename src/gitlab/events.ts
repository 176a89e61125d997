/** The internal provider that reads what a vulnerability event points to. */
import { isPageForOne } from '../provider/gitlab-not-found.ts';
import { refused } from '../provider/kit/results.ts';
import type { Provider, ProviderDefinition, RevokeResult } from '../provider/provider.ts';
import { createSources, failureFor, leakOf, type Source, type SourceInstance } from './instances.ts';
import { INTERNAL, internalKind, type Takes } from './internal.ts';
import { EVENTS, type Pointer, parsePointer, VULNERABILITY } from './pointer.ts';
import type { SecretFinding } from './secret-finding.ts';

const NOT_CONFIGURED = refused(
  'unsupported-kind',
  'The GitLab that told of this vulnerability has no readToken in gitlab.instances any more: configure one and retry.',
);
const NOT_READABLE = refused(
  'not-permitted',
  'The vulnerability is gone, or the user of readToken may not read it: give that user at least the role Developer in the project, and retry.',
);
const OF_ANOTHER_PROJECT = refused(
  'wrong-record',
  'The vulnerability is not of the project that the event named. Look who sent it, as nobody but that GitLab should know its hook token.',
);
const WITHOUT_SECRET = refused(
  'needs-context',
  'GitLab does not tell the secret of this vulnerability, and the lines where it stands cannot be read: look at its page, and revoke it by hand.',
);

export function eventsDefinition(
  instances: readonly SourceInstance[],
  takes: Takes,
): ProviderDefinition<Record<string, never>> {
  return {
    ...INTERNAL,
    id: EVENTS,
    title: 'GitLab vulnerability events',
    create(_config, tools): Provider {
      const sources = createSources(instances, tools);
      const bases = sources.map(({ base }) => base);
      return {
        kinds: [internalKind(VULNERABILITY, /^\S+ \d+$/)],
        async revoke(token, { signal }) {
          const pointer = parsePointer(token.reveal(), bases);
          const source = sources.find(({ base }) => base === pointer?.base);
          if (!pointer || !source) return NOT_CONFIGURED;
          try {
            return await read(source, pointer, { takes, signal });
          } catch (error) {
            throw failureFor(sources, error);
          }
        },
      };
    },
  };
}

async function read(
  source: Source,
  { vulnerability, project, projectId }: Pointer,
  { takes, signal }: { readonly takes: Takes; readonly signal: AbortSignal },
): Promise<RevokeResult> {
  const { findings } = source;
  const finding =
    (await recordOf(source, vulnerability, signal)) ?? (await findings.outline(vulnerability, signal));
  if (!finding) return NOT_READABLE;
  if (finding.projectId !== projectId || finding.project !== project) return OF_ANOTHER_PROJECT;
  const why = unwanted(finding, takes);
  if (why !== undefined) return { outcome: 'gathered', leaks: [], pointers: [], evidence: { found: 0, why } };
  const leak = await leakOf(source, finding, signal);
  if (!leak) return WITHOUT_SECRET;
  return { outcome: 'gathered', leaks: [leak], pointers: [], evidence: { found: 1 } };
}

/** Where a page came in place of it, GraphQL tells whether it is there, as that has no 404 for it. */
async function recordOf(
  { findings }: Source,
  vulnerability: number,
  signal: AbortSignal,
): Promise<SecretFinding | undefined> {
  try {
    return await findings.record(vulnerability, signal);
  } catch (error) {
    if (!isPageForOne(error) || (await findings.outline(vulnerability, signal))) throw error;
    return undefined;
  }
}

/** Why the secret of a finding is not read; undefined when it is. */
function unwanted({ isSecret, isOpen, state, type }: SecretFinding, takes: Takes): string | undefined {
  if (!isSecret) return 'of another scanner';
  if (!isOpen) return state === 'resolved' ? 'resolved' : 'dismissed';
  return takes(type) ? undefined : 'no provider takes its type';
}
