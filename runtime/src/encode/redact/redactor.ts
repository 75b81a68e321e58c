// The user's redaction options → a Redactor: a verdict per name (cached), a masked text per text.
// Invariant: never throws, and sees the whole text it is given before anything of it is cut
// (`text`).
import { hintsOf } from "./hints.ts";
import { LONGEST_NAME, secretName, wordsOf } from "./names.ts";
import { secretRanges } from "./texts.ts";

export interface Redaction {
  /** More names whose values are secret, matched word by word like the built-in ones. */
  keys?: readonly string[];
  /** More value patterns; each match is masked. */
  patterns?: readonly RegExp[];
  /** What stands in a secret's place. @default "[REDACTED]" */
  mask?: string;
}

export interface Redactor {
  readonly mask: string;
  /** Texts with fewer characters hold no secret, unless there is a `:` or `=` in them. */
  readonly shortest: number;
  /** Whether the value under this name is a secret. */
  secret(name: string): boolean;
  /** The same verdict, where most texts are no names. */
  namesSecret(text: string): boolean;
  /**
   * `text` up to `end`, masked. All of it is searched, so that no secret is cut in half at `end`.
   */
  text(text: string, end?: number): string;
}

/**
 * No token is shorter, and nothing else is a secret without `:` or `=`; a user's pattern may be.
 */
const SHORTEST = 16;
/** `pwd=secret` */
const SHORTEST_PAIR = 8;
/** Verdicts kept; data used as keys must not grow the cache without end. */
const VERDICTS = 2048;

/** Global copies: a user's own `lastIndex`, stickiness or subclass has no say. */
function compile(patterns: readonly RegExp[] | undefined): RegExp[] {
  const compiled: RegExp[] = [];
  for (const pattern of patterns ?? []) {
    try {
      compiled.push(new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, "")}g`));
    } catch {
      // Options are validated where they are read; what is no pattern here is left out.
    }
  }
  return compiled;
}

export function createRedactor(redaction: Redaction = {}): Redactor {
  const mask = typeof redaction.mask === "string" ? redaction.mask : "[REDACTED]";
  const patterns = compile(redaction.patterns);
  const extra = (redaction.keys ?? []).filter((key) => typeof key === "string").map(wordsOf);
  const shortest = patterns.length === 0 ? SHORTEST : 1;
  const verdicts = new Map<string, boolean>();

  const secret = (name: string): boolean => {
    let verdict = verdicts.get(name);
    if (verdict === undefined) {
      verdict = secretName(name, extra);
      if (verdicts.size >= VERDICTS) verdicts.clear();
      verdicts.set(name, verdict);
    }
    return verdict;
  };

  const hints = hintsOf(extra);
  const namesSecret = (whole: string): boolean => {
    const end = whole.length > LONGEST_NAME ? whole.slice(-LONGEST_NAME) : whole;
    return hints.test(end) && secret(end);
  };

  const text = (whole: string, end: number = whole.length): string => {
    if (whole.length < SHORTEST_PAIR && patterns.length === 0) return whole.slice(0, end);
    const ranges = secretRanges(whole, namesSecret, hints, patterns);
    if (ranges.length === 0) return end < whole.length ? whole.slice(0, end) : whole;
    let masked = "";
    let at = 0;
    for (let i = 0; i < ranges.length; i++) {
      const range = ranges[i];
      if (range === undefined || range.start >= end) break;
      masked += whole.slice(at, range.start) + mask;
      at = range.end;
    }
    return at < end ? masked + whole.slice(at, end) : masked;
  };

  return { mask, shortest, secret, namesSecret, text };
}
