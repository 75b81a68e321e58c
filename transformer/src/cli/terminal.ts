// A process's streams → what commands write to, and whether in colour.
// Invariant: without a TTY, or with NO_COLOR, there is no escape sequence in what is written;
// FORCE_COLOR is the one exception to the first.
import { styleText } from "node:util";

/** Where a command runs and what it writes to; tests put their own in its place. */
export interface Terminal {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Somebody can be asked. */
  readonly interactive: boolean;
  readonly color: boolean;
  out(text: string): void;
  err(text: string): void;
}

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  return {
    cwd: process.cwd(),
    env,
    interactive: stdin.isTTY && stdout.isTTY && (env["CI"] ?? "") === "",
    color: wantsColor(env, stdout.isTTY),
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
  };
}

export function wantsColor(env: Terminal["env"], isTerminal: boolean): boolean {
  const isSet = (name: string): boolean => (env[name] ?? "") !== "";
  if (isSet("NO_COLOR") || isSet("NODE_DISABLE_COLORS")) return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return isTerminal && env["TERM"] !== "dumb";
}

type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan" | "underline";

/** Puts texts in colour, or leaves them as they are. */
export type Paint = (style: Style, text: string) => string;

export function painter({ color }: Terminal): Paint {
  return (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
}

/** Control characters, and those that turn the direction of a text, as escapes. */
export function visible(text: string): string {
  return text.replaceAll(CONTROL, (found) => {
    return `\\u${(found.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
  });
}

const CONTROL =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A command cannot do its work: told in a line, without a stack. */
export class CommandError extends Error {
  /** 1: the work failed. 2: called wrongly, or something is not there. 130: interrupted. */
  readonly exitCode: 1 | 2 | 130;

  constructor(message: string, exitCode: 1 | 2 | 130 = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Ctrl-C, as shells count it. */
export const INTERRUPTED = 130;
