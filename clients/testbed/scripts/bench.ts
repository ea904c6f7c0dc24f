// Prints what a suite costs: the start, a reset, eight workers at once, a hundred sign-ins.
import { resolve } from "node:path";
import { start, type Testbed } from "../src/index.js";

process.env["BIFRONS_TESTBED_BINARY"] ??= resolve(
  import.meta.dirname,
  "../../../target/release/bifrons-testbed",
);

async function timed<T>(work: () => Promise<T>): Promise<[number, T]> {
  const begun = performance.now();
  const done = await work();
  return [performance.now() - begun, done];
}

function median(times: readonly number[]): number {
  return [...times].sort((one, other) => one - other)[Math.floor(times.length / 2)] ?? Number.NaN;
}

async function each(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let done = 0; done < count; done += 1) times.push((await timed(work))[0]);
  return times;
}

/** What a test of a sign-in does: a reset, a user, a sign-in with the password, a request. */
async function signInTest(testbed: Testbed): Promise<void> {
  await testbed.reset();
  const { email, password } = await testbed.user();
  const answer = await fetch(`${testbed.url}/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  const [cookie = ""] = answer.headers.getSetCookie().map((one) => one.split(";")[0] ?? "");
  const read = await fetch(`${testbed.url}/v1/session`, { headers: { cookie } });
  if (read.status !== 200) throw new Error(`getSession answered ${read.status}`);
}

const show = (what: string, ms: number): void =>
  console.log(`${what.padEnd(46)}${ms.toFixed(1)} ms`);

const starts: Testbed[] = [];
const startTimes = await each(5, async () => starts.push(await start()));
show("start until ready, as the program says", median(starts.map(({ readyMs }) => readyMs)));
show("start until ready, as the test sees it", median(startTimes));
const [testbed] = starts;
if (testbed === undefined) throw new Error("five testbeds started");
show("reset", median(await each(50, () => testbed.reset())));
show("100 tests with a sign-in each", (await timed(() => each(100, () => signInTest(testbed))))[0]);
const [together, workers] = await timed(() =>
  Promise.all(Array.from({ length: 8 }, () => start())),
);
show("8 workers start together", together);
const run = (worker: Testbed): Promise<unknown> => each(100, () => signInTest(worker));
show(
  "8 workers, 100 tests with a sign-in each",
  (await timed(() => Promise.all(workers.map(run))))[0],
);
await Promise.all([...starts, ...workers].map((one) => one.close()));
