/**
 * Traces for an OpenTelemetry collector, when the environment names one. Without it none of its code is loaded.
 * What a span holds comes from the events that are said inside it, so it can hold no token and no location.
 */
import type { Context, SpanOptions } from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import packageJson from '../../package.json' with { type: 'json' };
import type { Observe, QuashEvent } from './events.ts';

interface SpanStart {
  readonly name: string;
  /** `server`: a request to us; `client`: one of ours. */
  readonly kind: 'server' | 'client' | 'internal';
  /** Names and origins from code and configuration only. */
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** The `traceparent` header of the request, whose trace this span continues. */
  readonly traceparent?: string;
}

/** Shows how long something took and what it was part of. */
export interface Tracer {
  /** Runs the work as a span, within the span that the caller runs in. */
  within<T>(span: SpanStart, work: () => Promise<T>): Promise<T>;
}

export interface Tracing extends Tracer {
  /** A listener that writes each event into the span in which it occurs. */
  readonly observe: Observe;
  /** Sends the spans that are left; takes a few seconds at most. */
  stop(): Promise<void>;
}

export const untraced: Tracer = { within: (_span, work) => work() };

const NO_TRACING: Tracing = { ...untraced, observe: () => {}, stop: async () => {} };

/** A collector that is silent must not hold up the end of the process. */
const EXPORT_TIMEOUT_MS = 3_000;

/**
 * Sends traces by OTLP over HTTP as the standard variables say (`OTEL_EXPORTER_OTLP_ENDPOINT`, `..._HEADERS`,
 * `OTEL_SERVICE_NAME`, ...), which the libraries read themselves.
 * @param observe told when spans cannot be sent
 */
export async function startTracing(
  env: Readonly<Record<string, string | undefined>>,
  observe: Observe,
): Promise<Tracing> {
  if (!env.OTEL_EXPORTER_OTLP_ENDPOINT && !env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return NO_TRACING;
  const [api, sdk, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, resources] = await Promise.all(
    [
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/resources'),
    ],
  );
  const contexts = new AsyncLocalStorageContextManager().enable();
  const exporter = telling(new OTLPTraceExporter({ timeoutMillis: EXPORT_TIMEOUT_MS }), observe);
  const own = { 'service.name': 'quash', 'service.version': packageJson.version };
  const provider = new sdk.TracerProvider({
    resource: resources
      .defaultResource()
      .merge(resources.resourceFromAttributes(own))
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, exportTimeoutMillis: EXPORT_TIMEOUT_MS })],
  });
  const tracer = provider.getTracer('quash', packageJson.version);
  const kinds = { server: api.SpanKind.SERVER, client: api.SpanKind.CLIENT, internal: api.SpanKind.INTERNAL };

  function parentOf(traceparent: string | undefined): Context {
    const active = contexts.active();
    const remote = traceparent === undefined ? undefined : spanContextOf(traceparent);
    return remote ? api.trace.setSpanContext(active, remote) : active;
  }

  return {
    async within({ name, kind, attributes = {}, traceparent }, work) {
      const parent = parentOf(traceparent);
      const options: SpanOptions = { kind: kinds[kind], attributes };
      const span = tracer.startSpan(name, options, parent);
      try {
        return await contexts.with(api.trace.setSpan(parent, span), work);
      } finally {
        span.end();
      }
    },
    observe(event) {
      const span = api.trace.getSpan(contexts.active());
      const facts = span && factsOf(event);
      if (!span || !facts) return;
      if (facts.name !== undefined) span.updateName(facts.name);
      span.setAttributes(facts.attributes);
      if (facts.failed) span.setStatus({ code: api.SpanStatusCode.ERROR });
    },
    async stop() {
      await provider.shutdown().catch(() => {});
    },
  };
}

interface Facts {
  readonly name?: string;
  readonly attributes: Record<string, string | number>;
  readonly failed: boolean;
}

/** Attributes that an event adds to its span; names are those of OpenTelemetry where it defines one. */
function factsOf(event: QuashEvent): Facts | undefined {
  switch (event.type) {
    case 'http-answered':
      return {
        name: `${event.method} ${event.route}`,
        attributes: {
          'http.request.method': event.method,
          'http.route': event.route,
          'http.response.status_code': event.status,
        },
        failed: event.status >= 500,
      };
    case 'attempted':
      return {
        attributes: { 'quash.entry.id': event.id, 'quash.result': event.result },
        // Only a failure has a message.
        failed: event.message !== undefined,
      };
    case 'upstream-called':
      return {
        attributes: {
          ...(event.status !== undefined && { 'http.response.status_code': event.status }),
          ...(event.code !== undefined && { 'error.type': event.code }),
        },
        failed: event.code !== undefined,
      };
    default:
      return undefined;
  }
}

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
function spanContextOf(traceparent: string) {
  const found = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent.trim());
  const [, traceId, spanId, flags] = found ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}

/** The exporter reports no failures by itself; this reports the first one after each success. */
function telling(exporter: SpanExporter, observe: Observe): SpanExporter {
  let failing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.code !== 0;
        if (failed && !failing) observe({ type: 'traces-lost', spans: spans.length });
        failing = failed;
        done(result);
      });
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
