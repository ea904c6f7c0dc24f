/** Runs in a page: everything in the browser's storage that its scripts can read. */
export async function withinReachOfScripts(): Promise<typeof NOTHING> {
  return {
    cookie: document.cookie,
    local: localStorage.length,
    session: sessionStorage.length,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
  };
}

export const NOTHING = { cookie: "", local: 0, session: 0, databases: 0, caches: 0 };
