import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import { expect, test } from "vitest";

test.each<[string, string, number]>([
  ["one operation", 'export { connect, signIn } from "./src/core.js"', 1700],
  ["all operations, each a function", 'export * from "./src/core.js"', 2500],
  ["all operations, session and both modes", 'export * from "./src/index.js"', 5000],
  ["the admin client of a program", 'export * from "./src/admin/index.js"', 3000],
  ["the React adapter", 'export * from "./src/adapters/react.js"', 500],
  ["the Vue adapter", 'export * from "./src/adapters/vue.js"', 500],
  ["the Svelte adapter", 'export * from "./src/adapters/svelte.js"', 500],
  ["the Next.js helper, without the client", 'export * from "./src/adapters/next.js"', 1000],
  ["the Hono helper, without the client", 'export * from "./src/adapters/hono.js"', 1000],
  ["the SvelteKit helper, without the client", 'export * from "./src/adapters/sveltekit.js"', 1000],
  ["the Nuxt helper, without the client", 'export * from "./src/adapters/nuxt.js"', 1000],
  [
    "the React Router helper, without the client",
    'export * from "./src/adapters/react-router.js"',
    1000,
  ],
  ["the TanStack Query options", 'export * from "./src/adapters/tanstack-query.js"', 500],
])("%s", async (name, contents, limit) => {
  const { first, later } = await measure(contents);
  const rest = later.length > 0 ? `; loaded on first use: ${later.join(", ")}` : "";
  console.log(`${name}: ${first} bytes minified and gzipped of ${limit}${rest}`);
  expect(first).toBeGreaterThan(50);
  expect(first).toBeLessThanOrEqual(limit);
});

test("a page that has the client loads little more for the admin client, and nothing if it is unused", async () => {
  const client = 'export * from "./src/index.js"';
  const [without, unused, used] = await Promise.all([
    measure(client),
    measure(`import "./src/admin/index.js"; ${client}`),
    measure(`export { createAdminClient } from "./src/admin/index.js"; ${client}`),
  ]);
  console.log(`the admin client in a page with the client: ${used.first - without.first} bytes`);
  expect(unused.text).not.toContain("/v1/admin");
  expect(used.text).toContain("/v1/admin");
  expect(used.first - without.first).toBeGreaterThan(500);
  expect(used.first - without.first).toBeLessThanOrEqual(1100);
});

test("passkeys are loaded on first use", async () => {
  const { later } = await measure('export * from "./src/index.js"');
  const sizes = later.map((part) => part.split(" ")).filter(([name]) => name === "passkeys");
  expect(sizes).toHaveLength(1);
  expect(Number(sizes[0]?.[1])).toBeLessThanOrEqual(1500);
});

const WITHOUT_CLIENT: Plugin = {
  name: "without-client",
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/client\.js$/ }, ({ path }) => ({ path, external: true }));
  },
};

/** What a page loads at first, and what it may load later: minified and gzipped, in bytes. */
async function measure(contents: string): Promise<{
  first: number;
  later: string[];
  text: string;
}> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: "." },
    external: ["react", "react-router", "vue", "next/headers.js"],
    // A helper is measured without the client that it makes.
    plugins: contents.includes("/adapters/") ? [WITHOUT_CLIENT] : [],
    bundle: true,
    splitting: true,
    metafile: true,
    outdir: "size",
    format: "esm",
    minify: true,
    target: "es2022",
    write: false,
  });
  const sizes = new Map(
    outputFiles.map(({ path, contents }) => [path, gzipSync(contents, { level: 9 }).length]),
  );
  const all = Object.entries(metafile.outputs);
  const [entry] = all.find(([, { entryPoint }]) => entryPoint === "<stdin>") ?? [""];
  const needed = new Set([entry]);
  for (const path of needed) {
    for (const { path: next, kind } of metafile.outputs[path]?.imports ?? []) {
      if (kind === "import-statement" && next in metafile.outputs) needed.add(next);
    }
  }
  let first = 0;
  const later: string[] = [];
  for (const [path, size] of sizes) {
    if ([...needed].some((one) => path.endsWith(one))) first += size;
    else later.push(`${basename(path).replace(/-\w+\.js$/, "")} ${size}`);
  }
  return { first, later, text: outputFiles.map(({ text }) => text).join("") };
}
