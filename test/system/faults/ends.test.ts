// The short form, on this Node alone, of how programs end and what disks do to them; `npm run faults` takes every Node that is here.
import { test } from "vitest";
import { badDisk, DISKS } from "./disk.ts";
import { exitPath, PATHS } from "./exits.ts";
import { expectAllHolds } from "./expect.ts";

test.each(PATHS)(
  "a program that ends by %s: nothing is lost, exit code and stderr are its own",
  async (path) => {
    expectAllHolds(await exitPath(process.execPath, path));
  },
);

test.for(DISKS)(
  "a disk that is bad ($name): the app goes on, all arrives, the account balances",
  async (disk, { skip }) => {
    skip(disk.missing !== undefined, disk.missing);
    expectAllHolds(await badDisk(disk));
  },
);
