// A function and the options that the program tracks it with → its Site.
// Invariant: never throws; an option that is wrong or cannot be read is counted and left out.
import { createSite, type Site } from "../abi.ts";
import { types } from "../platform/node.ts";
import { count } from "../platform/report.ts";
import { fieldOf, isRecord, textIn } from "../tracing/given.ts";
import { type Level, LEVELS, textsIn } from "../tracing/updates.ts";
import { parameterNames } from "./function-source.ts";

/** As in the tags of compiled functions. */
export interface TrackOptions {
  /** Span name. @default the function's own name */
  readonly name?: string;
  /** On each of its spans. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** On each of its spans. */
  readonly tags?: readonly string[];
  /** Of its spans. @default "DEFAULT", "ERROR" when it throws */
  readonly level?: Level;
  /** False leaves the arguments out. @default true */
  readonly args?: boolean;
  /** False leaves the result out. @default true */
  readonly result?: boolean;
  /** False: the span of a function that returns a promise ends at the return. @default true */
  readonly settle?: boolean;
  /** Record the own fields of `this`: all, or those named. @default false */
  readonly self?: boolean | readonly string[];
}

/** As in the tag `@trackLlm`. */
export interface TrackLlmOptions extends TrackOptions {
  /** Model id, for the cost. @default from the call, then from the response */
  readonly model?: string;
}

const REFUSAL = "invalid_track_options";

/** @param given TrackLlmOptions, if it is right */
export function siteOf(fn: object, given: unknown, llm: boolean): Site {
  const options = optionsIn(given);
  const read = (key: keyof TrackLlmOptions): unknown => fieldOf(options, key, REFUSAL);
  const ownName = fieldOf(fn as { name?: unknown }, "name", REFUSAL);
  const own = typeof ownName === "string" && ownName !== "" ? ownName : "(anonymous)";
  const model = textIn(read("model"), REFUSAL);
  const metadata = metadataIn(read("metadata"));
  const tags = read("tags");
  const level = levelIn(read("level"));
  const self = selfIn(read("self"));
  return createSite(
    {
      name: textIn(read("name"), REFUSAL) ?? own,
      fn: own,
      // Its place in the source is not known.
      line: 0,
      column: 0,
      ...(types.isAsyncFunction(fn) && { async: true }),
      ...(types.isGeneratorFunction(fn) && { generator: true }),
      ...(llm && { llm: true }),
      ...(model !== undefined && { model }),
      ...(read("args") !== false && { args: parameterNames(fn) ?? ["...arguments"] }),
      ...(metadata !== undefined && { metadata }),
      ...(tags !== undefined && { tags: textsIn(tags, REFUSAL) }),
      ...(level !== undefined && { level }),
      ...(self !== undefined && { self }),
      ...(read("result") === false && { result: false }),
      ...(read("settle") === false && { settle: false }),
    },
    "",
  );
}

function optionsIn(given: unknown): TrackLlmOptions {
  if (typeof given === "object" && given !== null) return given;
  if (given !== undefined && given !== null) count(REFUSAL);
  return {};
}

function metadataIn(metadata: unknown): Readonly<Record<string, unknown>> | undefined {
  if (isRecord(metadata)) return metadata;
  if (metadata !== undefined) count(REFUSAL);
  return undefined;
}

function levelIn(level: unknown): Level | undefined {
  const known = LEVELS.find((one) => one === level);
  if (known === undefined && level !== undefined) count(REFUSAL);
  return known;
}

function selfIn(self: unknown): true | readonly string[] | undefined {
  if (self === undefined || typeof self === "boolean") return self === true ? true : undefined;
  const names = textsIn(self, REFUSAL);
  return names.length > 0 ? names : undefined;
}
