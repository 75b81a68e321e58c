// `configure({ prices })` → prices of the program's own, which win over the price list's.

/** What a model costs, in US dollars per million tokens. */
export interface OwnPrice {
  /** Of input tokens. */
  readonly inputPerMillion: number;
  /** Of output tokens. */
  readonly outputPerMillion: number;
  /** Of input tokens read from a cache. @default inputPerMillion */
  readonly cachedInputPerMillion?: number | undefined;
  /** Of input tokens written to a cache. @default inputPerMillion */
  readonly cacheWritePerMillion?: number | undefined;
}

/** By model id, with or without the region that a Bedrock id may begin with. */
export type OwnPrices = Readonly<Record<string, OwnPrice>>;

const REQUIRED: readonly string[] = ["inputPerMillion", "outputPerMillion"];
const NAMES: ReadonlySet<string> = new Set([
  ...REQUIRED,
  "cachedInputPerMillion",
  "cacheWritePerMillion",
]);

export function areOwnPrices(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every(isOwnPrice);
}

function isOwnPrice(value: unknown): boolean {
  return (
    isRecord(value) &&
    REQUIRED.every((name) => value[name] !== undefined) &&
    Object.entries(value).every(
      ([name, rate]) => NAMES.has(name) && (rate === undefined || isRate(rate)),
    )
  );
}

function isRate(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
