/**
 * Issues of a project of the fake GitLab, as `lib/api/issues.rb` answers about them. Whoever is a developer may make and
 * change them; others are told that there is no such project, or that they may not.
 */
import type { FakeIssue, FakeProject } from './gitlab-findings.ts';

interface IssuesCall {
  readonly method: string;
  /** Behind `/issues`: empty, or the number of one. */
  readonly iid: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

interface IssuesAnswer {
  readonly status: number;
  readonly body: object;
}

const NOT_FOUND = { status: 404, body: { message: '404 Not found' } };
const TITLE_MISSING = { status: 400, body: { error: 'title is missing' } };

/** @param userId who calls */
export function answerIssues(
  { issues }: FakeProject,
  { method, iid, params }: IssuesCall,
  userId: number,
): IssuesAnswer | undefined {
  if (iid === undefined && method === 'GET')
    return { status: 200, body: found(issues, params, userId).map(shown) };
  if (iid === undefined && method === 'POST') {
    if (typeof params.title !== 'string') return TITLE_MISSING;
    const issue: FakeIssue = {
      ...{ iid: issues.length + 1, author: userId, title: params.title, state: 'opened' },
      ...{ description: textOf(params.description), confidential: params.confidential === true },
    };
    issues.push(issue);
    return { status: 201, body: shown(issue) };
  }
  const issue = issues.find((each) => String(each.iid) === iid);
  if (!issue) return NOT_FOUND;
  if (method === 'GET') return { status: 200, body: shown(issue) };
  if (method !== 'PUT') return undefined;
  if (params.description !== undefined) issue.description = textOf(params.description);
  if (params.confidential !== undefined) issue.confidential = params.confidential === true;
  if (params.state_event !== undefined) issue.state = params.state_event === 'close' ? 'closed' : 'opened';
  return { status: 200, body: shown(issue) };
}

function found(
  issues: readonly FakeIssue[],
  { scope, search, in: within, state, order_by, sort }: IssuesCall['params'],
  userId: number,
): readonly FakeIssue[] {
  if (scope !== 'created_by_me' || within !== 'title' || state !== 'all')
    throw new Error('This fake looks for titles of own issues alone.');
  if (order_by !== 'created_at' || sort !== 'asc') throw new Error('This fake sorts by age alone.');
  return issues.filter(({ author, title }) => author === userId && title.includes(String(search)));
}

function shown({ author, ...issue }: FakeIssue): object {
  return { id: 1_000 + issue.iid, ...issue, author: { id: author }, labels: [] };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
