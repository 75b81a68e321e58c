// The texts of a trace that were written of late → their JSON text, not made again.
// Invariant: what is written is the same as without. A trace's texts are forgotten with it, and
// those of a few traces are kept at most, some of each.

/** Traces of which something is kept: those that wrote last. */
const MOST_TRACES = 4;
/** Texts of a trace, each in the place that it comes to; a power of 2. */
const PLACES = 256;
/** Characters of a trace's texts, and of their JSON. */
const MOST_CHARACTERS = 131_072;

/** Of one trace. */
export class Seen {
  /** The trace. */
  owner: object | undefined;
  readonly #texts: string[] = Array.from({ length: PLACES }, () => "");
  readonly #json: string[] = Array.from({ length: PLACES }, () => "");
  #characters = 0;
  /** Where `find` has looked. */
  #at = 0;

  /** The JSON text of `text`, if that is kept; empty where `text` in quotes is it. */
  find(text: string): string | undefined {
    const at = placeOf(text);
    this.#at = at;
    return this.#texts[at] === text ? this.#json[at] : undefined;
  }

  /** What was not found a moment ago. */
  keep(text: string, json: string): void {
    const characters = text.length + json.length;
    if (this.#characters + characters > MOST_CHARACTERS) this.#forgetTexts();
    this.#characters += characters;
    const at = this.#at;
    this.#texts[at] = text;
    this.#json[at] = json;
  }

  forget(): void {
    this.owner = undefined;
    this.#forgetTexts();
  }

  #forgetTexts(): void {
    if (this.#characters === 0) return;
    this.#characters = 0;
    this.#texts.fill("");
    this.#json.fill("");
  }
}

/** By eight of its characters: fewer told half of 40 messages apart. */
function placeOf(text: string): number {
  const { length } = text;
  const step = length >> 3;
  let sum = length;
  for (let at = step >> 1; at < length; at += step) sum = Math.imul(sum, 31) + text.charCodeAt(at);
  return (sum ^ (sum >> 8) ^ (sum >> 16)) & (PLACES - 1);
}

/** Of the traces that wrote last. */
export class SeenOfTraces {
  /** The one that wrote last comes first. */
  readonly #all: Seen[] = [];
  of(owner: object): Seen {
    const all = this.#all;
    const first = all[0];
    if (first?.owner === owner) return first;
    let at = all.findIndex((one) => one.owner === owner);
    if (at < 0) {
      if (all.length < MOST_TRACES) all.push(new Seen());
      at = all.length - 1;
      const last = all[at] as Seen;
      last.forget();
      last.owner = owner;
    }
    const one = all[at] as Seen;
    all.copyWithin(1, 0, at);
    all[0] = one;
    return one;
  }

  forget(owner: object): void {
    const all = this.#all;
    const at = all.findIndex((one) => one.owner === owner);
    if (at < 0) return;
    const one = all[at] as Seen;
    one.forget();
    all.copyWithin(at, at + 1);
    all[all.length - 1] = one;
  }
}
