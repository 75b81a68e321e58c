// Key presses → what the screen and the shell do at them; the latest that knows a key gets it.
// Invariant: single keys do nothing in text fields and dialogs.
import { useEffect, useRef } from "preact/hooks";

export type Keys = Readonly<Record<string, () => void>>;

const layers: { current: Keys }[] = [];
/** In ms, between the two keys of `g t`. */
const PAIR = 1500;
let first: { readonly key: string; readonly at: number } | undefined;

export function useKeys(keys: Keys): void {
  const layer = useRef(keys);
  layer.current = keys;
  useEffect(() => {
    layers.push(layer);
    return () => void layers.splice(layers.indexOf(layer), 1);
  }, []);
}

export function listen(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    const name = nameOf(event);
    if (name === undefined || !isFree(event, name)) return;
    const pair = first !== undefined && Date.now() - first.at < PAIR ? `${first.key} ${name}` : "";
    first = undefined;
    const action = actionOf(pair) ?? actionOf(name);
    if (action !== undefined) {
      event.preventDefault();
      action();
    } else if (name === "g") first = { key: name, at: Date.now() };
  });
}

function nameOf(event: KeyboardEvent): string | undefined {
  if (!event.ctrlKey && !event.metaKey) return event.key;
  return event.key.toLowerCase() === "k" ? "Mod+k" : undefined;
}

function actionOf(name: string): (() => void) | undefined {
  return layers.findLast(({ current }) => Object.hasOwn(current, name))?.current[name];
}

function isFree(event: KeyboardEvent, name: string): boolean {
  if (name === "Mod+k") return true;
  if (document.querySelector("dialog[open]") !== null) return false;
  const target = event.target;
  if (!(target instanceof Element)) return true;
  if (isText(target)) return false;
  // Enter and space are the control's own.
  const pressed = name === "Enter" || name === " ";
  return !pressed || target.closest("button, a, summary, input, select, [role=option]") === null;
}

function isText(target: Element): boolean {
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  if (target instanceof HTMLInputElement)
    return target.type !== "checkbox" && target.type !== "radio" && target.type !== "button";
  return target instanceof HTMLElement && target.isContentEditable;
}
