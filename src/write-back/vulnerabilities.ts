/**
 * The vulnerabilities of one GitLab, by its GraphQL API.
 *
 * Docs: https://docs.gitlab.com/api/graphql/reference/ (`Query.vulnerability`, `Mutation.createNote`,
 * `Mutation.vulnerabilityResolve`, `Mutation.vulnerabilityRevertToDetected`); checked 2026-11-22. The REST API for
 * vulnerabilities is being deprecated and has no comments.
 *
 * Quirks:
 * - Older versions answer a token that is refused as if there were none, so every read asks who we are.
 * - Too many comments a minute are an error with status 200.
 */
import { z } from 'zod';
import { createGraphql, vulnerabilityId, WHO } from '../gitlab/graphql.ts';
import { ofOne } from '../gitlab/of-one.ts';
import { Failure } from '../provider/failure.ts';
import type { Body, Upstream } from '../provider/upstream.ts';
import type { Secret } from '../words/secret.ts';

export interface Vulnerability {
  /** `SECRET_DETECTION` for what may be written to. */
  readonly reportType: string;
  /** The full path of its project; null where we may not see it. */
  readonly project: string | null;
  /** Where the secret stands; null for what stands in no file. */
  readonly file: string | null;
  /** `DETECTED`, `CONFIRMED`, `RESOLVED` or `DISMISSED`. */
  readonly state: string;
  /** The state is `RESOLVED`, and the user of our token made it so. */
  readonly isResolvedByUs: boolean;
  /** The texts of our own comments, oldest first. */
  readonly ownNotes: readonly string[];
}

/** All of them throw a {@link Failure}. */
export interface Vulnerabilities {
  /** Undefined when it is not there, or not for us to see. */
  read(id: number, signal: AbortSignal): Promise<Vulnerability | undefined>;
  /** @returns false when we may not */
  comment(id: number, text: string, signal: AbortSignal): Promise<boolean>;
  /** @returns false when we may not */
  resolve(id: number, comment: string, signal: AbortSignal): Promise<boolean>;
  /** Sets it back to `DETECTED`. @returns false when we may not */
  reopen(id: number, comment: string, signal: AbortSignal): Promise<boolean>;
}

const READ = `query($id: VulnerabilityID!, $after: String) {
  currentUser { id }
  vulnerability(id: $id) {
    state
    reportType
    project { fullPath }
    location { ... on VulnerabilityLocationSecretDetection { file } }
    resolvedBy { id }
    notes(first: 100, after: $after) {
      nodes { body author { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;
const COMMENT = `mutation($id: NoteableID!, $body: String!) {
  createNote(input: { noteableId: $id, body: $body }) { note { id } errors }
}`;
const RESOLVE = `mutation($id: VulnerabilityID!, $comment: String!) {
  vulnerabilityResolve(input: { id: $id, comment: $comment }) { vulnerability { state } errors }
}`;
const REOPEN = `mutation($id: VulnerabilityID!, $comment: String!) {
  vulnerabilityRevertToDetected(input: { id: $id, comment: $comment }) { vulnerability { state } errors }
}`;

/** Who has so many comments gets another one of ours rather than endless reading. */
const MAX_PAGES = 10;

const READING = z.object({
  currentUser: z.object({ id: z.string() }).nullable(),
  vulnerability: z
    .object({
      state: z.string(),
      reportType: z.string(),
      project: z.object({ fullPath: z.string() }).nullable(),
      // Of another kind of location nothing was asked.
      location: z.object({ file: z.string().nullable().optional() }).nullable(),
      resolvedBy: z.object({ id: z.string() }).nullable(),
      notes: z.object({
        nodes: z.array(z.object({ body: z.string(), author: z.object({ id: z.string() }).nullable() })),
        pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
      }),
    })
    .nullable(),
});
const COMMENTED = z.object({ createNote: z.object({ note: z.object({ id: z.string() }), errors: none() }) });
const RESOLVED = z.object({
  vulnerabilityResolve: z.object({
    vulnerability: z.object({ state: z.literal('RESOLVED') }),
    errors: none(),
  }),
});
const REOPENED = z.object({
  vulnerabilityRevertToDetected: z.object({
    vulnerability: z.object({ state: z.literal('DETECTED') }),
    errors: none(),
  }),
});

function none() {
  return z.array(z.unknown()).max(0);
}

/** @param token with scope `api` */
export function createVulnerabilities(upstream: Upstream, token: Secret): Vulnerabilities {
  const graphql = createGraphql(upstream, token);
  const ask = <T>(query: string, variables: Body, schema: z.core.$ZodType<T>, signal: AbortSignal) =>
    ofOne(
      () => graphql({ query, variables, schema, signal }),
      () => graphql({ query: WHO, variables: {}, schema: z.unknown(), signal }),
    );

  const readPage = async (id: number, after: string | null, signal: AbortSignal) => {
    const page = await ask(READ, { id: vulnerabilityId(id), after }, READING, signal);
    if (page && !page.currentUser) throw new Failure('credential-refused', { target: upstream.base });
    return page?.vulnerability ? { ...page.vulnerability, user: page.currentUser?.id } : undefined;
  };

  return {
    async read(id, signal) {
      const ownNotes: string[] = [];
      let after: string | null = null;
      for (let pages = 1; ; pages++) {
        const page: Page | undefined = await readPage(id, after, signal);
        if (!page) return undefined;
        const { nodes, pageInfo } = page.notes;
        ownNotes.push(...nodes.filter(({ author }) => author?.id === page.user).map(({ body }) => body));
        after = pageInfo.endCursor;
        if (!pageInfo.hasNextPage || pages === MAX_PAGES) return { ...descriptionOf(page), ownNotes };
      }
    },
    async comment(id, body, signal) {
      return (await ask(COMMENT, { id: vulnerabilityId(id), body }, COMMENTED, signal)) !== undefined;
    },
    async resolve(id, comment, signal) {
      return (await ask(RESOLVE, { id: vulnerabilityId(id), comment }, RESOLVED, signal)) !== undefined;
    },
    async reopen(id, comment, signal) {
      return (await ask(REOPEN, { id: vulnerabilityId(id), comment }, REOPENED, signal)) !== undefined;
    },
  };
}

type Page = NonNullable<z.output<typeof READING>['vulnerability']> & { readonly user: string | undefined };

function descriptionOf({
  state,
  reportType,
  project,
  location,
  resolvedBy,
  user,
}: Page): Omit<Vulnerability, 'ownNotes'> {
  return {
    ...{ state, reportType, project: project?.fullPath ?? null, file: location?.file ?? null },
    isResolvedByUs: state === 'RESOLVED' && resolvedBy?.id === user,
  };
}
