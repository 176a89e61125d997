/**
 * AWS as moto plays it, behind a proxy that stands for AWS's hosts. moto checks signatures and policies and answers in
 * XML alone; the proxy turns that into the JSON of AWS. So it shows the order of calls, signatures, rights and effects,
 * and nothing of AWS's own JSON.
 */
import { writeFileSync } from 'node:fs';
import { request, type ServerResponse } from 'node:http';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from '../support/free-port.ts';
import { newFolder } from '../support/run-folder.ts';
import type { RecordedRequest } from '../support/scripted-upstream.ts';
import { startInterceptingProxy } from '../support/vendor-proxy.ts';
import { answers, startPeer } from './server.ts';

const SCRIPT = resolve(import.meta.dirname, 'moto-server.py');

const HOSTS: ReadonlySet<string> = new Set(
  ['iam', 'sts'].flatMap((service) => [
    `${service}.amazonaws.com`,
    `${service}.cn-north-1.amazonaws.com.cn`,
    `${service}.${service === 'iam' ? 'us-gov' : 'us-gov-west-1'}.amazonaws.com`,
    `${service}.eusc-de-east-1.amazonaws.eu`,
  ]),
);

export interface AccessKey {
  readonly user: string;
  readonly id: string;
  readonly secret: string;
}

export interface Moto {
  /** The variables of a Quash whose calls to AWS arrive here. */
  readonly env: Readonly<Record<string, string>>;
  /** `Service Action` of each call through the proxy since the last time, with its error. */
  takeCalls(): readonly string[];
  /** A user with so many access keys. @param actions what it is allowed, on everything */
  createUser(user: string, actions: readonly string[], keys: number): Promise<readonly AccessKey[]>;
  /** Anybody of the account may assume it. @returns its ARN */
  createRole(role: string, actions: readonly string[]): Promise<string>;
  deleteKey(key: AccessKey): Promise<void>;
  /** By its own list, in the order given. */
  statusOf(...keys: readonly AccessKey[]): Promise<readonly (string | undefined)[]>;
  close(): Promise<void>;
}

export async function startMoto(python: string): Promise<Moto> {
  const port = await freePort();
  const cwd = newFolder('moto-');
  const url = `http://127.0.0.1:${port}`;
  await startPeer({
    ...{ file: python, args: [SCRIPT, String(port)], cwd },
    ready: () => answers(`${url}/moto-api/data.json`),
  });
  let calls: string[] = [];
  const proxy = await startInterceptingProxy(HOSTS, async (host, incoming, response) => {
    const isSigned = incoming.headers.authorization !== undefined;
    // moto fails at a call that carries a token in place of a signature, unless nobody is checked.
    if (!isSigned) await requireAuth(url, false);
    const { status, xml } = await send(port, host, incoming);
    if (!isSigned) await requireAuth(url, true);
    const json = xmlToJson(xml);
    const action = new URLSearchParams(incoming.body).get('Action') ?? '';
    calls.push([action, ...(json.Error === undefined ? [] : [codeOf(json)])].join(' '));
    answer(response, status, json);
  });
  const caFile = join(cwd, 'ca.pem');
  writeFileSync(caFile, proxy.ca);

  /** As somebody whose rights nobody checks. */
  const administer = async (fields: Readonly<Record<string, string>>) => {
    await requireAuth(url, false);
    const headers = { authorization: UNSIGNED, 'content-type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams({ ...fields, Version: '2010-05-08' }).toString();
    const { status, xml } = await send(port, 'iam.amazonaws.com', {
      method: 'POST',
      url: '/',
      headers,
      body,
    });
    await requireAuth(url, true);
    if (status !== 200) throw new Error(`moto said of ${fields.Action}: ${xml}`);
    return xmlToJson(xml);
  };
  const createKey = async (user: string): Promise<AccessKey> => {
    const json = await administer({ Action: 'CreateAccessKey', UserName: user });
    const [id, secret] = [findText(json, 'AccessKeyId'), findText(json, 'SecretAccessKey')];
    return { user, id, secret };
  };
  await requireAuth(url, true);

  return {
    env: { QUASH_UPSTREAM__PROXY: proxy.url, QUASH_UPSTREAM__CAFILE: caFile },
    takeCalls() {
      const taken = calls;
      calls = [];
      return taken;
    },
    async createUser(user, actions, keys) {
      await administer({ Action: 'CreateUser', UserName: user });
      const policy = { Action: 'PutUserPolicy', PolicyName: 'own', PolicyDocument: policyOf(actions) };
      if (actions.length > 0) await administer({ ...policy, UserName: user });
      const made: AccessKey[] = [];
      for (let count = 0; count < keys; count++) made.push(await createKey(user));
      return made;
    },
    async createRole(role, actions) {
      const trust = { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' };
      const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
      const made = await administer({ Action: 'CreateRole', RoleName: role, AssumeRolePolicyDocument });
      const policy = { Action: 'PutRolePolicy', PolicyName: 'own', PolicyDocument: policyOf(actions) };
      await administer({ ...policy, RoleName: role });
      return findText(made, 'Arn');
    },
    deleteKey: async ({ user, id }) =>
      void (await administer({ Action: 'DeleteAccessKey', UserName: user, AccessKeyId: id })),
    async statusOf(...keys) {
      const statuses: (string | undefined)[] = [];
      for (const { user, id } of keys) {
        const json = JSON.stringify(await administer({ Action: 'ListAccessKeys', UserName: user }));
        const [own] = json.split('{').filter((part) => part.includes(id));
        statuses.push(/"Status":"(\w+)"/.exec(own ?? '')?.[1]);
      }
      return statuses;
    },
    close: () => proxy.close(),
  };
}

/** Only says which service is meant. */
const UNSIGNED =
  'AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=none';

function policyOf(actions: readonly string[]): string {
  const statement = { Effect: 'Allow', Action: actions, Resource: '*' };
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}

/** Whether moto checks who signed, and what that one may. */
async function requireAuth(url: string, isOn: boolean): Promise<void> {
  await fetch(`${url}/moto-api/reset-auth`, { method: 'POST', body: isOn ? '0' : 'inf' });
}

function send(
  port: number,
  host: string,
  { method, url, headers, body }: RecordedRequest,
): Promise<{ readonly status: number; readonly xml: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path: url, headers: { ...headers, host } };
    const outgoing = request(options, (incoming) => {
      text(incoming).then((xml) => resolve({ status: incoming.statusCode ?? 0, xml }), reject);
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

function answer(response: ServerResponse, status: number, json: Json): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
}

interface Json {
  [name: string]: Json | Json[] | string;
}

/** As AWS does it: elements become keys, lists of `member` become arrays, an error stands alone. */
function xmlToJson(xml: string): Json {
  const json = read(xml);
  if (json.ErrorResponse === undefined) return json;
  // Within another element or not: moto does both.
  return { Error: { Code: findText(json, 'Code'), Message: findText(json, 'Message'), Type: 'Sender' } };
}

/** Of what moto writes; nothing else. */
function read(xml: string): Json {
  const json: Json = {};
  for (const [, name = '', content = ''] of xml.matchAll(/<(\w+)(?:\s[^>]*)?(?:\/>|>([\s\S]*?)<\/\1>)/g)) {
    json[name] = contentOf(content);
  }
  return json;
}

function contentOf(content: string): Json[string] {
  const members = [...content.matchAll(/<member>([\s\S]*?)<\/member>/g)].map(([, member = '']) => member);
  if (/^\s*<member>/.test(content)) return members.map((member) => contentOf(member) as Json);
  return content.includes('<') ? read(content) : unescaped(content.trim());
}

function unescaped(content: string): string {
  return content
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}

function codeOf(json: Json): string {
  return findText(json, 'Code');
}

function findText(json: Json, name: string): string {
  return new RegExp(`"${name}":"([^"]+)"`).exec(JSON.stringify(json))?.[1] ?? '';
}
