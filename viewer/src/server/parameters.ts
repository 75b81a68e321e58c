// A request's query parameters → values, or which of them is wrong.
// Invariant: what is not given has its default; what is given wrongly is told by its name.
import type { Context } from "hono";
import type { Env } from "./parts.ts";
import { badParameter } from "./problem.ts";

type Request = Context<Env>["req"];

export function oneOf<T extends string>(
  request: Request,
  name: string,
  values: readonly T[],
): T | undefined {
  const given = request.query(name);
  if (given === undefined || given === "") return undefined;
  const found = values.find((value) => value === given);
  if (found === undefined) throw badParameter(name, `${name} is one of ${values.join(", ")}.`);
  return found;
}

export function integer(
  request: Request,
  name: string,
  { from, to }: { from: number; to: number },
): number | undefined {
  const given = request.query(name);
  if (given === undefined || given === "") return undefined;
  const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
  if (!(value >= from && value <= to))
    throw badParameter(name, `${name} is a whole number from ${from} to ${to}.`);
  return value;
}

export function seconds(request: Request, name: string): number | undefined {
  const given = request.query(name);
  if (given === undefined || given === "") return undefined;
  const value = /^-?\d{1,15}(?:\.\d{1,9})?$/.test(given) ? Number(given) : Number.NaN;
  if (Number.isNaN(value)) throw badParameter(name, `${name} is a time in Unix seconds.`);
  return value;
}

/** A text that has to be there. */
export function text(request: Request, name: string): string {
  const given = request.query(name);
  if (given === undefined) throw badParameter(name, `${name} is missing.`);
  return given;
}
