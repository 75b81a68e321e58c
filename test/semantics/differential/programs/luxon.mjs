// Dates, zones, durations, intervals and formats → what they print; throws where they contradict each other.
import assert from "node:assert/strict";
import { DateTime, Duration, Info, Interval, Settings } from "luxon";

Settings.now = () => Date.UTC(2024, 1, 29, 23, 59, 59, 999);
const ZONES = ["utc", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC+5:45"];
const TOKENS = "yyyy-MM-dd'T'HH:mm:ss.SSSZZ";

export default function (rounds = "3") {
  const lines = [];
  const note = (...values) => lines.push(values.map(String).join(" | "));
  for (const zone of ZONES) {
    for (let round = 0; round < Number(rounds); round++) {
      const date = DateTime.now()
        .setZone(zone)
        .plus({ days: 37 * round, minutes: 1000 * round });
      const iso = date.toISO();
      assert.ok(DateTime.fromISO(iso, { zone }).equals(date));
      assert.equal(+DateTime.fromFormat(date.toFormat(TOKENS), TOKENS, { zone }), +date);
      assert.equal(+DateTime.fromHTTP(date.toHTTP()), +date.startOf("second"));
      assert.equal(+DateTime.fromRFC2822(date.toRFC2822()), +date.startOf("second"));
      assert.equal(+DateTime.fromSQL(date.toSQL()), +date);
      const later = date.plus({ months: 1, weeks: 2, hours: 5 }).minus({ years: 1 });
      const apart = later.diff(date, ["years", "months", "days", "hours"]);
      assert.equal(date.plus(later.diff(date)).toMillis(), later.toMillis());
      note(iso, date.toISOWeekDate(), later.toISO(), apart.toISO(), date.ordinal, date.offset);
      for (const unit of ["year", "quarter", "month", "week", "day", "hour"])
        note(date.startOf(unit).toISO(), date.endOf(unit).toISO());
      for (const locale of ["en-GB", "de", "ja", "ar"])
        note(
          date.setLocale(locale).toLocaleString(DateTime.DATETIME_FULL),
          date.setLocale(locale).toFormat("cccc d. LLLL kkkk 'W'WW ooo"),
          later.setLocale(locale).toRelative({ base: date }),
        );
    }
  }
  const start = DateTime.utc(2024, 1, 1);
  const months = Interval.fromDateTimes(start, start.plus({ years: 2 })).splitBy({ months: 1 });
  assert.equal(months.length, 24);
  assert.equal(Interval.merge(months).length, 1);
  note(...months.map((month) => month.length("days")));
  note(...Interval.xor([months[0], months[1], months[5]]));
  note(Duration.fromISO("P3Y6M1W4DT12H30M5.25S").normalize().shiftTo("days", "hours").toHuman());
  note(Duration.fromMillis(98_765_432).rescale().toISO(), Duration.fromObject({ hours: -30 }));
  note(Info.months("long", { locale: "fr" }), Info.weekdays("short", { locale: "pl" }));
  for (const wrong of ["2024-02-30", "nonsense", "2024-W54-1", ""]) {
    const { isValid, invalidReason, invalidExplanation } = DateTime.fromISO(wrong);
    note(wrong, isValid, invalidReason, invalidExplanation);
  }
  Settings.throwOnInvalid = true;
  assert.throws(() => DateTime.fromISO("2024-02-30"), { name: "Error" });
  assert.throws(() => DateTime.utc().setZone("Nowhere/Here"), /Invalid DateTime/);
  return lines.join("\n");
}
