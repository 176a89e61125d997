/** The HTTP client behind {@link Upstream}. */
import { z } from 'zod';
import { type Tracer, untraced } from '../observe/tracing.ts';
import { Failure, type FailureCode } from '../provider/failure.ts';
import type { Answer, Upstream, UpstreamRequest } from '../provider/upstream.ts';
import { METADATA_SERVICES } from '../provider/workload.ts';
import type { Clock } from '../words/clock.ts';
import { Deadline } from '../words/deadline.ts';
import { type AddressGuard, createAddressGuard, type Resolve } from './address-guard.ts';
import {
  type Connection,
  type ConnectionOptions,
  type Connections,
  createConnections,
} from './connections.ts';
import { exchange } from './exchange.ts';
import { statusFailure, transportFailure } from './failed-call.ts';
import { type Base, parseBase, wireRequest } from './wire-request.ts';

export interface UpstreamOptions extends ConnectionOptions {
  /** Host names, addresses and CIDR ranges that need not be public. */
  readonly allowPrivate: readonly string[];
  readonly clock: Clock;
  /** Called after every exchange; without `status` and `code` when the caller aborted it. */
  readonly onRequest?: (info: RequestInfo) => void;
  readonly tracer?: Tracer;
  /** For tests; default is the operating system's resolver. */
  readonly resolve?: Resolve;
  /** For tests; default is {@link METADATA_SERVICES}. */
  readonly metadataServices?: readonly string[];
  /** For tests; default is sockets. */
  readonly connections?: Connections;
}

export interface RequestInfo {
  readonly provider: string;
  /** Origin. */
  readonly target: string;
  readonly status?: number;
  readonly code?: FailureCode;
  readonly ms: number;
}

export interface UpstreamFactory {
  /**
   * @param caller the id of a provider, or the part of Quash that calls; metrics and traces have it as `provider`
   * @param baseUrl http or https, from code or from the operator's configuration
   * @throws {ConfigFault} when it cannot be a base URL; the message does not repeat it
   */
  for(caller: string, baseUrl: string): Upstream;
  /**
   * For the platform's own services, which {@link for} never reaches unless the operator allows it: without a proxy.
   * @param origin one of {@link METADATA_SERVICES}
   */
  metadata(caller: string, origin: string): Upstream;
  /** Ends all connections at once; an exchange under way fails. */
  close(): Promise<void>;
}

/** @throws {ConfigFault} when an option cannot work; its path is the option's key below `upstream` */
export function createUpstreamFactory(options: UpstreamOptions): UpstreamFactory {
  const guard = createAddressGuard(options.allowPrivate, options.resolve);
  const connections = options.connections ?? createConnections(options, guard);
  const { metadataServices = METADATA_SERVICES, timeoutMs } = options;
  const ofServices = metadataServices.map((origin) => parseBase(origin).hostname);
  const metadataGuard = createAddressGuard(ofServices);
  const direct = options.connections ?? createConnections({ timeoutMs, proxy: null }, metadataGuard);
  const clientOf = (caller: string, base: Base, through: AddressGuard, by: Connections): Upstream => {
    const send = createSender(base, options, through, by.to(base.origin));
    return { base: base.href, request: (request) => reported(caller, base, options, request, send) };
  };
  return {
    for: (caller, baseUrl) => clientOf(caller, parseBase(baseUrl), guard, connections),
    metadata(caller, origin) {
      if (!metadataServices.includes(origin)) throw new TypeError('This is no metadata service.');
      return clientOf(caller, parseBase(origin), metadataGuard, direct);
    },
    close: async () => void (await Promise.all([connections.destroy(), direct.destroy()])),
  };
}

/** Other programs' trace ids are not sent along: they would tell a vendor about us, and nothing to us. */
function reported(
  provider: string,
  { origin, hostname }: Base,
  { onRequest, tracer = untraced }: UpstreamOptions,
  request: UpstreamRequest,
  send: (request: UpstreamRequest) => Promise<Answer>,
): Promise<Answer> {
  const startedAt = performance.now();
  const report = (end: { status?: number; code?: FailureCode }): void =>
    onRequest?.({ provider, target: origin, ms: performance.now() - startedAt, ...end });
  const attributes = { 'quash.provider': provider, 'server.address': hostname };
  return tracer.within({ name: request.method, kind: 'client', attributes }, async () => {
    try {
      const answer = await send(request);
      report({ status: answer.status });
      return answer;
    } catch (error) {
      if (!(error instanceof Failure)) report({});
      else report({ code: error.code, ...(error.status !== undefined && { status: error.status }) });
      throw error;
    }
  });
}

function createSender(
  base: Base,
  options: UpstreamOptions,
  guard: AddressGuard,
  { dispatcher, isProxied }: Connection,
): (request: UpstreamRequest) => Promise<Answer> {
  return async (request) => {
    const onWire = wireRequest(base, request);
    using deadline = new Deadline(options.timeoutMs, request.signal);
    const { signal } = deadline;
    try {
      signal.throwIfAborted();
      guard.checkLiteral(base.hostname);
      const { statuses, maxBytes } = request;
      const limits = { statuses, signal, ...(maxBytes !== undefined && { maxBytes }) };
      const { status, header, text } = await exchange(dispatcher, onWire, limits);
      if (text !== undefined) return answerOf(base, { status, header, text });
      throw statusFailure(base.origin, { status, header }, options.clock.now());
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      if (error instanceof Failure) throw error;
      throw transportFailure(base.origin, error, { timedOut: signal.aborted, isProxied });
    }
  };
}

export function answerOf(
  { origin }: Base,
  { status, header, text }: Pick<Answer, 'status' | 'header' | 'text'>,
): Answer {
  // Each row of a table of answers asks.
  let read: { readonly json: unknown } | undefined;
  const maybeJson = <T>(schema: z.core.$ZodType<T>): T | undefined => {
    read ??= { json: parsedJson(text) };
    return read.json === undefined ? undefined : z.safeParse(schema, read.json).data;
  };
  return {
    ...{ status, header, text, maybeJson },
    json(schema) {
      const value = maybeJson(schema);
      if (value === undefined) throw new Failure('unexpected-answer', { target: origin, status });
      return value;
    },
  };
}

function parsedJson(text: string): unknown {
  try {
    return HALF_CHARACTER.test(text) ? JSON.parse(text, wellFormed) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON can hold a lone surrogate, which neither a URL nor UTF-8 can; each becomes U+FFFD. */
const HALF_CHARACTER = /\\ud[89a-f]/i;

function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}
