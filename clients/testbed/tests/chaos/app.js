/**
 * A small frontend: it signs a user in, shows who is signed in, saves a name and signs out.
 * With `?mistakes` it makes five mistakes.
 */
const mistakes = new URLSearchParams(location.search).has("mistakes");
const root = document.body.appendChild(document.createElement("main"));

async function call(method, path, body) {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  try {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(path, { method, headers, ...sent });
    return { status: answer.status, ok: answer.ok, body: await answer.json().catch(() => ({})) };
  } catch {
    return { status: 0, ok: false, body: {} };
  }
}

function show(...children) {
  root.replaceChildren(...children);
}

function make(name, members = {}, ...children) {
  const element = Object.assign(document.createElement(name), members);
  element.append(...children);
  return element;
}

const say = (text) => make("p", { role: "alert" }, text);
const retry = () => make("button", { onclick: open }, "Try again");

async function open() {
  show(make("p", { ariaBusy: "true" }, "One moment"));
  const session = await call("GET", "/v1/session");
  if (session.ok) return account(session.body.user);
  if (session.status === 401) return welcome();
  // Mistake: an outage is taken for the end of the session.
  if (mistakes && session.status === 503) return welcome();
  // Mistake: nothing waits between two attempts.
  if (mistakes && session.status === 0) return open();
  // Mistake: the page is emptied, and what should be said is missing.
  if (mistakes && session.status === 400) return show();
  // Mistake: the page goes on saying that it is busy.
  if (mistakes && session.status === 500) return undefined;
  show(say("The account cannot be shown now."), retry());
}

function welcome() {
  const email = make("input", { type: "email", name: "email", autocomplete: "username" });
  const password = make("input", { type: "password", name: "password" });
  const form = make("form", {}, email, password, make("button", {}, "Sign in"));
  form.onsubmit = async (event) => {
    event.preventDefault();
    const data = Object.fromEntries(new FormData(form));
    const signedIn = await call("POST", "/v1/session", data);
    if (signedIn.ok) return open();
    form.append(say(`Not signed in (${signedIn.status}).`));
  };
  show(make("h1", {}, "Sign in"), form);
}

function account(user) {
  const said = make("p", { role: "status" });
  const save = async () => {
    const saved = await call("PATCH", "/v1/me", { name: "Grace" });
    // Mistake: the body of a problem is read as if it were a user.
    if (mistakes && saved.status === 401) saved.body.name.trim();
    if (saved.status === 401) return welcome();
    said.textContent = saved.ok ? `Saved ${saved.body.name}` : "Not saved. Try again.";
  };
  const leave = async () => {
    const left = await call("DELETE", "/v1/session");
    if (left.ok || left.status === 401) return welcome();
    said.textContent = "You are still signed in. Try again.";
  };
  show(
    make("h1", {}, `Hello ${user.name}`),
    make("button", { onclick: save }, "Save"),
    make("button", { onclick: leave }, "Sign out"),
    said,
  );
}

open();
