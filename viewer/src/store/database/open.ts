// A path → the store's database, at this version's schema, or why it cannot be used.
// Invariant: a file of a later version is not touched; a damaged one is kept under another name.
import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "../../store.ts";
import { MIGRATIONS, SCHEMA_VERSION } from "./schema.ts";

/** Longest wait for another process that has the file, in ms. */
const LOCK_MS = 2000;
/** A larger file is believed until a read fails: looking it through takes a second per 500 MB. */
const CHECKED_BYTES = 64 * 1024 * 1024;

export interface Opened {
  readonly database: DatabaseSync;
  /** Let go with the process, however that ends. */
  readonly lock: DatabaseSync;
  /** Where the damaged file lies that was there. */
  readonly damaged: string | undefined;
}

/** @throws {StoreError} */
export function openForWriting(path: string): Opened {
  makePrivate(path);
  const lock = takeLock(path);
  try {
    return { lock, ...openOrReplace(path) };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** @throws {StoreError} */
export function openForReading(path: string): DatabaseSync {
  if (!existsSync(path)) throw new StoreError("missing", `There is no ${path} yet`);
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: LOCK_MS });
    refuseLater(database, path);
  } catch (error) {
    throw error instanceof StoreError ? error : unreadable(path, error);
  }
  database.exec("PRAGMA cache_size = -4000; PRAGMA temp_store = MEMORY;");
  return database;
}

function openOrReplace(path: string): { database: DatabaseSync; damaged: string | undefined } {
  try {
    return { database: openSound(path), damaged: undefined };
  } catch (error) {
    if (!isDamage(error)) throw error instanceof StoreError ? error : unreadable(path, error);
    const damaged = setAside(path);
    return { database: openSound(path), damaged };
  }
}

/** @returns the name that the damaged file has now */
export function setAside(path: string): string {
  const damaged = `${path}.damaged-${new Date().toISOString().replaceAll(":", "-")}`;
  renameSync(path, damaged);
  for (const log of ["-wal", "-shm"])
    if (existsSync(path + log)) renameSync(path + log, damaged + log);
  return damaged;
}

function openSound(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: LOCK_MS });
  try {
    refuseLater(database, path);
    database.exec(`
      PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;`);
    chmodSync(path, 0o600);
    migrate(database);
    if (sizeOf(database) <= CHECKED_BYTES) check(database);
    // A file of another program may lie there.
    database.prepare("SELECT count(*) FROM traces, spans, words, counters LIMIT 0").all();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function migrate(database: DatabaseSync): void {
  const from = versionOf(database);
  if (from === SCHEMA_VERSION) return;
  database.exec("BEGIN IMMEDIATE");
  for (const step of MIGRATIONS.slice(from)) database.exec(step);
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}

export function check(database: DatabaseSync): void {
  const found = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (found !== "ok") throw new DamagedError(String(found));
}

function refuseLater(database: DatabaseSync, path: string): void {
  if (versionOf(database) > SCHEMA_VERSION)
    throw new StoreError("newer", `${path} was made by a later llmops: update this one`);
}

export function versionOf(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
}

function sizeOf(database: DatabaseSync): number {
  const [pages, bytes] = ["page_count", "page_size"].map((name) =>
    Number(database.prepare(`PRAGMA ${name}`).get()?.[name]),
  );
  return (pages ?? 0) * (bytes ?? 0);
}

class DamagedError extends Error {}

/** SQLITE_CORRUPT and SQLITE_NOTADB, and what tables say that are not ours. */
export function isDamage(error: unknown): boolean {
  if (error instanceof DamagedError) return true;
  const code = (error as { errcode?: unknown } | undefined)?.errcode;
  if (typeof code !== "number") return false;
  const primary = code & 0xff;
  return (
    primary === 11 ||
    primary === 26 ||
    (primary === 1 && /no such table|already exists/.test(String(error)))
  );
}

function unreadable(path: string, error: unknown): StoreError {
  const why = error instanceof Error ? error.message : String(error);
  return new StoreError("unusable", `${path} cannot be used: ${why}`);
}

/** SQLite's own locks: the system lets them go when the process ends, also by `kill -9`. */
function takeLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(`${path}-lock`, { timeout: LOCK_MS });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    chmodSync(`${path}-lock`, 0o600);
    return lock;
  } catch (error) {
    lock.close();
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === 5)
      throw new StoreError("locked", `${path} is in use by another llmops`);
    throw unreadable(path, error);
  }
}

/** Prompts lie there in clear text. */
function makePrivate(path: string): void {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const ignored = join(folder, ".gitignore");
    if (basename(folder) === ".llmops" && !existsSync(ignored)) writeFileSync(ignored, "*\n");
  } catch (error) {
    throw unreadable(path, error);
  }
}
