// A value of an option, in code or as a text of the environment → whether it is one, and which.
import { areOwnPrices, type OwnPrices } from "./prices.ts";

/** What a value must be, as given in code (`accepts`) or as text in the environment (`parse`). */
export interface Kind<T> {
  /** Completes «must be …». */
  readonly expected: string;
  accepts(value: unknown): boolean;
  /** `undefined` where the text is no such value. Absent: not settable by environment. */
  parse?(text: string): T | undefined;
}

export const text: Kind<string> = {
  expected: "a non-empty string",
  accepts: (value) => typeof value === "string" && value !== "",
  parse: (value) => value,
};

export const httpUrl: Kind<string> = {
  expected: "an http:// or https:// URL",
  accepts: (value) => typeof value === "string" && isHttpUrl(value),
  parse: (value) => (isHttpUrl(value) ? value : undefined),
};

export const flag: Kind<boolean> = {
  expected: "true or false",
  accepts: (value) => typeof value === "boolean",
  parse: (value) => {
    if (/^(?:true|1|yes|on)$/i.test(value)) return true;
    return /^(?:false|0|no|off)$/i.test(value) ? false : undefined;
  },
};

export const ratio: Kind<number> = {
  expected: "a number from 0 to 1",
  accepts: (value) => typeof value === "number" && value >= 0 && value <= 1,
  parse: (value) => (Number(value) >= 0 && Number(value) <= 1 ? Number(value) : undefined),
};

export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER): Kind<number> {
  const accepts = (value: unknown): boolean =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
  const end = max === Number.MAX_SAFE_INTEGER ? ` or more` : ` to ${max}`;
  return {
    expected:
      max === Number.MAX_SAFE_INTEGER
        ? `a whole number, ${min}${end}`
        : `a whole number from ${min}${end}`,
    accepts,
    parse: (value) => (accepts(Number(value)) ? Number(value) : undefined),
  };
}

export function oneOf<T extends string>(...words: readonly T[]): Kind<T> {
  return {
    expected: `one of ${words.map((word) => `"${word}"`).join(", ")}`,
    accepts: (value) => words.includes(value as T),
    parse: (value) => words.find((word) => word === value.toLowerCase()),
  };
}

export function listOf<T>(
  expected: string,
  accepts: (member: unknown) => boolean,
): Kind<readonly T[]> {
  return { expected, accepts: (value) => Array.isArray(value) && value.every(accepts) };
}

export function objectWith<T>(expected: string, ...methods: readonly string[]): Kind<T> {
  return {
    expected,
    accepts: (value) =>
      typeof value === "object" &&
      value !== null &&
      !Array.isArray(value) &&
      methods.every((method) => typeof (value as Record<string, unknown>)[method] === "function"),
  };
}

export const prices: Kind<OwnPrices> = {
  expected:
    "prices by model id, each { inputPerMillion, outputPerMillion, cachedInputPerMillion?, cacheWritePerMillion? } in US dollars",
  accepts: areOwnPrices,
};

/** All requests, none, or those of a list. */
export const requests: Kind<boolean | readonly (string | RegExp)[]> = {
  expected: "true, false or a list of texts and regular expressions",
  accepts: (value) =>
    typeof value === "boolean" ||
    (Array.isArray(value) &&
      value.every((one) => typeof one === "string" || one instanceof RegExp)),
  parse: (value) => flag.parse?.(value),
};

/** Texts by name; in the environment `a=1,b=2`, percent-encoded as W3C Baggage is. */
export const texts: Kind<Readonly<Record<string, string>>> = {
  expected: "texts by name, in the environment name=text,name=text",
  accepts: (value) =>
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((one) => typeof one === "string"),
  parse: parseTexts,
};

function parseTexts(list: string): Readonly<Record<string, string>> | undefined {
  const found: Record<string, string> = {};
  for (const pair of list.split(",")) {
    if (pair.trim() === "") continue;
    const at = pair.indexOf("=");
    if (at < 1) return undefined;
    try {
      found[pair.slice(0, at).trim()] = decodeURIComponent(pair.slice(at + 1).trim());
    } catch {
      return undefined;
    }
  }
  return found;
}

/** A kind whose option may also stay unset. */
export function optional<T>(kind: Kind<T>): Kind<T | undefined> {
  return kind;
}

function isHttpUrl(value: string): boolean {
  return /^https?:\/\//i.test(value) && URL.canParse(value);
}
