// What the store's threads say to each other.
// A result goes as JSON text: spans that are only handed on are not parsed in the thread.

export interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly id: number; readonly result: string | undefined }
  | { readonly id: number; readonly error: SentError };

export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly position?: number | undefined;
  readonly hint?: string | undefined;
}

export type Told =
  | { readonly change: string }
  | { readonly warning: { readonly code: string; readonly message: string } };

/** A result that is JSON already. */
export class JsonText {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }
}

export interface Setup {
  readonly path: string;
  readonly maxBytes: number;
  readonly role: "write" | "read";
}
