// A member's name → its JSON text and what it says of the member's value, made once.
// Invariant: names may be data: the cache is emptied when it is full.
import { bytesOf, quote } from "../json-text.ts";
import { type Role, roleOf } from "../redact/beside.ts";
import type { Redactor } from "../redact/redactor.ts";

const MOST = 4096;
/** Characters; longer names are made anew each time. */
const LONGEST = 128;

export interface Name {
  /** `"name":` */
  readonly json: string;
  readonly bytes: number;
  readonly secret: boolean;
  readonly role: Role | undefined;
}

export class KnownNames {
  readonly #redactor: Redactor;
  readonly #known = new Map<string, Name>();

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  get(key: string): Name {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const json = `${quote(this.#redactor.text(key))}:`;
    const secret = this.#redactor.secret(key);
    const name = { json, bytes: bytesOf(json), secret, role: roleOf(key) };
    if (key.length <= LONGEST) {
      if (this.#known.size >= MOST) this.#known.clear();
      this.#known.set(key, name);
    }
    return name;
  }
}
