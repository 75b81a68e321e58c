// What happens → lines for people on stderr, or JSON lines on stdout.
// Invariant: with `--json` nothing but JSON reaches stdout; control characters reach no terminal.
import { visible } from "../visible.ts";

export interface Told {
  event(name: string, about: object): void;
  say(text: string): void;
  warn(code: string, message: string): void;
}

export function tellingTo(
  json: boolean,
  out: (text: string) => void = (text) => void process.stdout.write(text),
  err: (text: string) => void = (text) => void process.stderr.write(text),
): Told {
  const event = (name: string, about: object): void => {
    if (json) out(`${JSON.stringify({ event: name, ...about })}\n`);
  };
  return {
    event,
    say: (text) => {
      if (!json) err(`${visible(text)}\n`);
    },
    warn: (code, message) => {
      if (json) event("warning", { code, message });
      else err(`llmops dev: ${visible(message)}\n`);
    },
  };
}
