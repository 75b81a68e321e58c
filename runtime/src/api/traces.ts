// The program's calls of `startTrace`, `endTrace`, `withTrace` → traces that begin and end.
// Invariant: throws only what a task throws. A call that makes no sense is counted, no more.
import { beginAt } from "../context/activation.ts";
import { enterPlace, runAt, storedPlace } from "../context/context.ts";
import { whenSettled } from "../promises/follow.ts";
import { isPlainPromise } from "../promises/native-promise.ts";
import { isNew, replaced } from "../promises/replace.ts";
import { NO_TRACE } from "./noop.ts";
import { count } from "../platform/report.ts";
import { whenOutcome } from "../promises/outcome.ts";
import { fieldOf, textIn } from "../tracing/given.ts";
import { currentPlace } from "../tracing/place.ts";
import type { Span } from "../tracing/span.ts";
import type { Trace, TraceOptions, TraceResult } from "../tracing/trace.ts";
import { type RemoteParent, remoteParent } from "../tracing/trace-parent.ts";
import { beginTrace } from "../tracing/tracer.ts";

/** Begins a trace where the program is; undefined where recording is off. */
function begin(given: string | TraceOptions): Trace<Span> | undefined {
  return beginTrace(optionsOf(given), currentPlace(), false, parentOf(given));
}

const REFUSAL = "invalid_trace_options";

function parentOf(given: string | TraceOptions): RemoteParent | undefined {
  return isObject(given) ? remoteParent(fieldOf(given, "parent", REFUSAL)) : undefined;
}

/** A copy: what the program does with its object later changes nothing. */
function optionsOf(given: string | TraceOptions): TraceOptions {
  if (typeof given === "string") return { name: given };
  if (!isObject(given)) return { name: unnamed() };
  const read = <K extends keyof TraceOptions>(key: K): TraceOptions[K] | undefined =>
    fieldOf(given, key, REFUSAL);
  const text = (key: "projectId" | "environment" | "userId" | "sessionId"): string | undefined =>
    textIn(read(key), REFUSAL);
  const name = read("name");
  return {
    name: typeof name === "string" ? name : unnamed(),
    projectId: text("projectId"),
    environment: text("environment"),
    userId: text("userId"),
    sessionId: text("sessionId"),
    metadata: read("metadata"),
    tags: read("tags"),
  };
}

function unnamed(): string {
  count(REFUSAL);
  return "(unnamed)";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

export function startTrace(nameOrOptions: string | TraceOptions): string {
  const trace = begin(nameOrOptions);
  if (trace === undefined) return NO_TRACE;
  beginAt(storedPlace(), trace);
  enterPlace(trace);
  return trace.id;
}

export function endTrace(): void {
  finalizeAndSend();
}

export function finalizeAndSend(result?: TraceResult): void {
  let place = currentPlace();
  // In a span that has outlived its trace, the program means the trace around it.
  while (place?.trace.ended === true) place = place.trace.startedAt;
  const trace = place?.trace;
  if (trace === undefined || trace.automatic || !trace.end(isObject(result) ? result : undefined)) {
    count("end_without_trace");
    return;
  }
  // Inside one of its spans the place stays: what that span calls next still belongs to the trace.
  if (storedPlace() === trace) enterPlace(trace.startedAt);
}

export function withTrace<T>(nameOrOptions: string | TraceOptions, task: () => T): T {
  const trace = begin(nameOrOptions);
  if (trace === undefined) return task();
  let result: T;
  try {
    result = runAt(trace, task);
  } catch (error) {
    trace.end();
    throw error;
  }
  if (isNew(task, result)) return replaced(result, { settled: () => void trace.end() }) as T;
  // Calling `then` would mark a rejection as handled, so we follow the promise instead.
  if (isPlainPromise(result)) whenSettled(result, () => void trace.end());
  else if (!settlesLater(result, trace)) trace.end();
  return result;
}

function settlesLater(result: unknown, trace: Trace<Span>): boolean {
  try {
    const end = (): void => void trace.end();
    return whenOutcome(result, { settled: end, letGo: end });
  } catch {
    count("internal_error");
    return false;
  }
}
