// Runs in the page once it stands: types the values into the form with the password, and submits it. False: there is no such form.
((values) => {
  const password = document.querySelector("input[type=password]");
  if (!password) return false;
  const form = password.form ?? document;
  // Frameworks replace the setter of the element, and listen to events.
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  const type = (input, value) => {
    set.call(input, value);
    for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
  };
  const inputs = [...form.querySelectorAll("input")].filter(({ type }) => !["hidden", "checkbox", "radio", "submit", "button"].includes(type));
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
  const button = form.querySelector("button:not([type=button]):not([type=reset]), input[type=submit]") ?? form.querySelector("button");
  if (button) button.click();
  else password.form?.requestSubmit();
  return true;
})
