// Lists of which many items did not fit → whether all of these are small.

/** The last such list. */
export class Crowd {
  #list: object | undefined;
  /** Bytes that its first items take at least, without commas, and the largest of them. */
  #bytes = 0;
  #largest = 0;

  reset(): void {
    this.#list = undefined;
  }

  note(list: object, bytes: number, largest: number): void {
    if (this.#list === list && this.#bytes >= bytes) return;
    this.#list = list;
    this.#bytes = bytes;
    this.#largest = largest;
  }

  /** Whether that many bytes of the list are known. */
  knows(list: object, bytes: number): boolean {
    return this.#list === list && this.#bytes > bytes;
  }

  get largest(): number {
    return this.#largest;
  }
}
