// A moment as people write it → Unix seconds; undefined for what is none.

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** @param said Unix seconds, an ISO date, or time ago as `-15m` */
export function timeOf(said: string | number, now: number = Date.now()): number | undefined {
  if (typeof said === "number") return Number.isFinite(said) ? said : undefined;
  const ago = /^-(\d{1,9})([smhd])$/.exec(said.trim());
  if (ago !== null) return now / 1000 - Number(ago[1]) * (SECONDS[ago[2] ?? ""] ?? 0);
  if (/^\d+(\.\d+)?$/.test(said.trim())) return Number(said);
  const ms = Date.parse(said);
  return Number.isNaN(ms) ? undefined : ms / 1000;
}
