// Numbers and times → how they read: three digits that count, the unit after a space.

export function duration(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 10 && !Number.isInteger(ms)) return `${digits(ms)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toPrecision(3)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${pad(Math.floor(seconds / 60) % 60)} m`;
}

export function count(number: number): string {
  return number.toLocaleString("en-US");
}

export function cost(dollars: number | null): string {
  if (dollars === null) return "–";
  if (dollars === 0) return "$0";
  const size = Math.abs(dollars);
  const sign = dollars < 0 ? "−" : "";
  if (size >= 100) return `${sign}$${Math.round(size).toLocaleString("en-US")}`;
  if (size >= 1) return `${sign}$${size.toFixed(2)}`;
  const places = Math.min(12, 1 - Math.floor(Math.log10(size)));
  return `${sign}$${size.toFixed(places).replace(/0+$/, "").replace(/\.$/, "")}`;
}

export function bytes(number: number): string {
  if (number < 1024) return `${number} B`;
  if (number < 1024 ** 2) return `${digits(number / 1024)} KB`;
  if (number < 1024 ** 3) return `${digits(number / 1024 ** 2)} MB`;
  return `${digits(number / 1024 ** 3)} GB`;
}

export function percent(number: number | null): string {
  return number === null ? "–" : `${digits(number)} %`;
}

/** With the sign that a difference has. */
export function signed(number: number | null, format: (size: number) => string): string {
  if (number === null) return "–";
  if (number === 0) return `±${format(0)}`;
  return `${number < 0 ? "−" : "+"}${format(Math.abs(number))}`;
}

/** Local; with the date where it is not today. */
export function time(seconds: number): string {
  const at = new Date(seconds * 1000);
  const clock = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  if (at.toDateString() === new Date().toDateString()) return clock;
  const year = at.getFullYear() === new Date().getFullYear() ? "" : ` ${at.getFullYear()}`;
  return `${at.toLocaleString("en-US", { month: "short" })} ${at.getDate()}${year} ${clock}`;
}

export function exactTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

const pad = (number: number): string => String(number).padStart(2, "0");
const digits = (number: number): string =>
  number >= 100 ? String(Math.round(number)) : String(Number(number.toPrecision(3)));
