// A command → its text beside a button that copies it.
import type { JSX } from "preact";
import { Icon } from "./icon.tsx";
import { copy } from "../shell/toast.tsx";

export function Copyable({
  text,
  what,
}: {
  readonly text: string;
  readonly what: string;
}): JSX.Element {
  return (
    <span class="copyable">
      <code>{text}</code>
      <button type="button" aria-label={`Copy ${what}`} onClick={() => void copy(text, what)}>
        <Icon name="copy" />
      </button>
    </span>
  );
}
