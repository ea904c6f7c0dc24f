// Runs in the page before its own scripts: tells every call, and how it treats credentials.
(() => {
  const tell = globalThis.__bifronsDoctor;
  const say = (method, url, credentials) => {
    try {
      const { origin, pathname } = new URL(url, document.baseURI);
      tell(JSON.stringify({ method: String(method).toUpperCase(), url: origin + pathname, credentials }));
    } catch {
      // No call either: the browser refuses such a URL.
    }
  };
  const send = globalThis.fetch;
  globalThis.fetch = function (input, init) {
    const request = input instanceof Request ? input : { url: String(input), method: "GET", credentials: "same-origin" };
    say(init?.method ?? request.method, request.url, init?.credentials ?? request.credentials);
    return send.apply(this, arguments);
  };
  const { open, send: sendXhr } = XMLHttpRequest.prototype;
  const opened = new WeakMap();
  XMLHttpRequest.prototype.open = function (method, url) {
    opened.set(this, [method, url]);
    return open.apply(this, arguments);
  };
  XMLHttpRequest.prototype.send = function () {
    const [method, url] = opened.get(this) ?? [];
    if (url !== undefined) say(method, url, this.withCredentials ? "include" : "same-origin");
    return sendXhr.apply(this, arguments);
  };
})();
