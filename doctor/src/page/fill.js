// Runs in the page once it stands: types the values into the form with the password, and submits it. False: there is no such form.
((values) => {
  // In the order of the page, open shadow roots and frames of the same origin included.
  const within = (root) =>
    [...root.querySelectorAll("*")].flatMap((element) =>
      [element.shadowRoot, element.contentDocument].filter((inner) => inner?.nodeType > 8).reduce((all, inner) => [...all, ...within(inner)], [element]),
    );
  const password = within(document).find((element) => element.matches("input[type=password]"));
  if (!password) return false;
  const parts = within(password.form ?? password.ownerDocument);
  // Frameworks replace the setter of the element, and listen to events.
  const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
  const type = (input, value) => {
    set.call(input, value);
    for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true, composed: true }));
  };
  const inputs = parts.filter(({ localName, type }) => localName === "input" && !["hidden", "checkbox", "radio", "submit", "button"].includes(type));
  const names = (input) => [input.name, input.id, input.autocomplete, input.type].map((name) => name.toLowerCase());
  const rest = new Map(values);
  for (const input of inputs) {
    const name = [...rest.keys()].find((name) => names(input).includes(name.toLowerCase()));
    if (name === undefined) continue;
    type(input, rest.get(name));
    rest.delete(name);
  }
  // The name of the user stands right before the password.
  const before = inputs.slice(0, inputs.indexOf(password)).reverse();
  for (const input of [password, ...before, ...inputs]) {
    if (input.value !== "") continue;
    const name = [...rest.keys()].find((name) => /pass|pw|secret/i.test(name) === (input.type === "password"));
    if (name === undefined) continue;
    type(input, rest.get(name));
    rest.delete(name);
  }
  const button =
    parts.find((element) => element.matches("button:not([type=button]):not([type=reset]), input[type=submit]")) ??
    parts.find((element) => element.matches("button"));
  if (button) button.click();
  else password.form?.requestSubmit();
  return true;
})
