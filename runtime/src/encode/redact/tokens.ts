// A text → what is a secret by its own shape: tokens with their vendor's prefix, keys, `Bearer …`.
// Invariant: linear. The regular expressions stop only at rare characters and look back from there:
// prose passes at the speed of a byte search.
import { process } from "../../platform/node.ts";
import {
  BACKSLASH,
  LOWER_A,
  LOWER_N,
  LOWER_R,
  LOWER_T,
  LOWER_Z,
  NINE,
  UNDERSCORE,
  UPPER_A,
  UPPER_Z,
  ZERO,
} from "../characters.ts";

export interface Range {
  start: number;
  end: number;
}

/** A word begins here, perhaps behind a line break as JSON writes it. */
const START = "(?:\\b|(?<=\\\\[nrt]))";

/** Prefix, then 16 characters or more with a digit among them. */
const PREFIXED = [
  "sk-|[sr]k_(?:live|test|prod)_|whsec_|sq0[a-z]{3}-|shp[a-z]{2}_|shippo_(?:live|test)_",
  "gh[pousr]_|github_pat_|gl(?:pat|cbt|dt|ffct|ft|imt|agent|oas|ptt|rt|soat)-",
  "xox[a-z]-|xapp-|secret_|ntn_|lin_(?:api|oauth)_|figd_|PMAK-|NR(?:AK|JS|II)-|s-s4t2(?:ud|af)-|A3-[A-Z0-9]{6}-",
  "xai-|pplx-|nvapi-|pcsk_|tvly-|lsv2_[a-z]{2}_|tgp_v1_|bedrock-api-key-|AQ\\.Ab",
  "do[opr]_v1_|dckr_pat_|GOCSPX-|ya29\\.|hv[sb]\\.|dp\\.(?:pt|st|ct|sa|scim|audit)\\.(?:[a-z][\\w-]{1,30}\\.)?|dt0c01\\.|t1\\.|tskey-|tk-us-",
  "HRKU-|sb_secret_|sntry[su]_|pypi-|rdme_|xkeysib-|sm_[aps]at_|duffel_(?:live|test)_|FLWSECK(?:_TEST)?-",
  "AGE-SECRET-KEY-|v1\\.0-[0-9a-f]{24}-|access-(?:sandbox|development|production)-|pat-(?:na|eu)\\d-",
].join("|");

/** Letters and digits only: prefix and package or variable names look alike. */
const ALPHANUMERIC =
  "hf|npm|r8|gsk|fw|jina|api_org|glsa|pnu|sq[pua]|CLOJARS|rubygems|sbp|sgp(?:_local|_[0-9a-fA-F]{16})?";

/** Base64 of some length. */
const LONG =
  "ops_|glc_|fo1_|fm1[ar]_|fm2_|dnkey-|fio-u-|[A-Za-z0-9]{14}\\.atlasv1\\.|pscale_(?:tkn|oauth|pw)_|tfp_";

/** Prefixes without a rare character: letters that seldom stand together. */
const BARE = [
  "EAA[A-Z](?=[A-Za-z_-]{0,64}\\d)[\\w-]{20,}", // Square, Facebook
  "AT[AC]TT3[\\w=-]{60,}", // Atlassian
  "AQVN[\\w-]{35,}", // Yandex
  "ACCA[A-Z0-9]{16}\\b", // AWS
  "GR1348941[\\w-]{20}", // GitLab
  "dapi[0-9a-f]{32}", // Databricks
  "cmVmdGtu[A-Za-z0-9]{50,}", // Artifactory
].join("|");

/** Every alternative begins with a rare character and looks back from there. */
const TOKENS = new RegExp(
  `${START}(?:${BARE})|[-_.:~|BbIJK](?:` +
    [
      `(?<=${START}(?:${PREFIXED}))(?=[A-Za-z_-]{0,64}\\d)[\\w-]{16,}(?:\\.[\\w-]+)*`,
      `(?<=${START}(?:${ALPHANUMERIC})_)[A-Za-z0-9]{30,}`,
      `(?<=${START}(?:${LONG}))[\\w+/=-]{32,}`,
      // hex digits
      `(?<=${START}(?:key|fc|p8e|pul)-)[0-9a-f]{32,40}\\b`,
      `(?<=${START}(?:live|test)_)[0-9a-f]{35}\\b`,
      `(?<=${START}ico-)[A-Za-z0-9]{32}\\b`,
      `(?<=${START}API-)[A-Z0-9]{26}\\b`,
      // Mailchimp, Mailgun
      `(?<=${START}[0-9a-f]{32}-)(?:us\\d{1,2}|[0-9a-f]{8}-[0-9a-f]{8})\\b`,
      // MaxMind
      `(?<=${START}[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_)mmk\\b`,
      `(?<=${START}SG\\.)[\\w-]{16,}\\.[\\w-]{16,}`,
      // Airtable, Harness
      `(?<=${START}pat[A-Za-z0-9]{14}\\.)[0-9a-f]{64}\\b`,
      `(?<=${START}[ps]at\\.[\\w-]{22}\\.)[A-Za-z0-9]{24}\\.[A-Za-z0-9]{20}\\b`,
      // Vault before 1.10
      `(?<=${START}s\\.)(?=[A-Za-z]*\\d)(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{24}\\b`,
      "(?<=hooks\\.)slack\\.com/(?:services|workflows|triggers)/[\\w/+]+",
      // OpenShift, Microsoft Entra
      `(?<=${START}sha256~)[\\w-]{43}`,
      "(?<=[\\w~.]{3}\\dQ~)[\\w~.-]{31,34}",
      // Facebook apps
      `(?<=${START}\\d{15,16}\\|)[\\w-]{27}`,
      // Telegram bots
      `(?<=${START}\\d{8,10}:)AA[\\w-]{33}`,
      "(?<=-)----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)",
      // access keys of AWS, Bedrock, Alibaba, Artifactory, EasyPost
      `(?<=${START}A[KSB]I)A[A-Z0-9]{16}\\b`,
      `(?<=${START}ABSK)[A-Za-z0-9+/]{40,}=*`,
      `(?<=${START}LTAI)(?=[A-Za-z]*\\d)[A-Za-z0-9]{12,24}\\b`,
      `(?<=${START}AK)Cp[A-Za-z0-9]{60,}`,
      `(?<=${START}EZ[AT]K)[A-Za-z0-9]{54}`,
      // Google API keys, Twilio keys
      `(?<=${START}AI)za[\\w-]{30,}`,
      `(?<=${START}SK)[0-9a-f]{32}\\b`,
      // JSON web tokens, signed or encrypted
      `(?<=${START}eyJ)[\\w-]{5,}\\.[\\w-]{8,}(?:\\.[\\w-]*)*`,
      // Grafana keys are one JSON object alone
      `(?<=${START}eyJ)rIjoi[A-Za-z0-9]{60,}`,
      `(?<=${START}[Bb])(?:earer|asic)\\s+[\\w.~+/=-]{8,}`,
      `(?<=${START}B)(?:EARER|ASIC)\\s+[\\w.~+/=-]{8,}`,
    ].join("|") +
    ")",
  "y",
);

/**
 * Stops wherever TOKENS matches. Without looks back it costs a tenth, and rarely stops in prose.
 */
const STOPS =
  /[-_.][\w+/=-]{16}|(?<=Q\.A)b[\w-]{16}|-us\d|\|[\w-]{27}|:AA[\w-]{33}|~[\w~.-]{31}|-----BEGIN|IA[A-Z0-9]{16}|(?<=LTA)I[A-Za-z0-9]{12}|Iza[\w-]{30}|K[0-9a-f]{32}|(?<=A(?:BS)?|EZ[AT])K[A-Za-z0-9+/]{40}|(?<=\bey|\\[nrt]ey)J[\w-]{5}|[Bb](?:earer|asic)\s|B(?:EARER|ASIC)\s|_mmk|\.slack\.com|EAA[A-Z]|AT[AC]TT3|AQVN|ACCA|GR1348941|dapi[0-9a-f]|cmVmdGtu/g;

/** What each stop begins with: a rare character, and three more. */
const BEGINNING = "[-_.|:~IKJBbEAGcd][-\\w+/=.~]{3}";

/**
 * V8 before 13, as in Node 20 and 22, tries each alternative at each character, 13 ns for one: it
 * looks for their beginnings first, which takes 4. Since then V8 does so by itself, 0.8.
 */
export function stopsFor(v8: string | undefined): RegExp {
  return Number.parseInt(v8 ?? "", 10) >= 13
    ? STOPS
    : new RegExp(`(?=${BEGINNING})(?:${STOPS.source})`, "g");
}

const QUICK = stopsFor(process.versions?.v8);

const SCHEME = /^b(?:earer|asic)\s+/i;
const PROSE = /^[A-Za-z]?[a-z]*(?:[-.][a-z]*)*$/;

export function isWord(code: number): boolean {
  return (
    (code >= LOWER_A && code <= LOWER_Z) ||
    (code >= UPPER_A && code <= UPPER_Z) ||
    (code >= ZERO && code <= NINE) ||
    code === UNDERSCORE
  );
}

/** In prose `Basic` and `Bearer` are followed by an ordinary word, in a header by none. */
function isCredential(scheme: string, value: string): boolean {
  if (!/^b(?:asic)/i.test(scheme)) return !PROSE.test(value);
  const decoded = Buffer.from(value, "base64").toString("latin1");
  return /^[\x20-\x7e\x80-\xff]*:/.test(decoded);
}

/** Where the token begins whose secret part was found at `at`: its prefix goes with it. */
function beginning(text: string, at: number): number {
  let start = at;
  while (start > 0 && isWord(text.charCodeAt(start - 1))) start--;
  return isEscape(text, start) ? start + 1 : start;
}

/**
 * Whether the letter at `at` is the second half of `\n`, `\r` or `\t`, as JSON in a text has them.
 */
export function isEscape(text: string, at: number): boolean {
  if (text.charCodeAt(at - 1) !== BACKSLASH) return false;
  const code = text.charCodeAt(at);
  return code === LOWER_N || code === LOWER_R || code === LOWER_T;
}

export function tokens(text: string, found: Range[]): void {
  QUICK.lastIndex = 0;
  for (let stop = QUICK.exec(text); stop !== null; stop = QUICK.exec(text)) {
    TOKENS.lastIndex = stop.index;
    const matched = TOKENS.exec(text)?.[0];
    if (matched === undefined) {
      QUICK.lastIndex = stop.index + 1;
      continue;
    }
    const end = stop.index + matched.length;
    const scheme = SCHEME.exec(matched);
    QUICK.lastIndex = end;
    if (scheme === null) found.push({ start: beginning(text, stop.index), end });
    else {
      const start = stop.index + scheme[0].length;
      if (isCredential(matched, text.slice(start, end))) found.push({ start, end });
      else QUICK.lastIndex = start;
    }
  }
}
