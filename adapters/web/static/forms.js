// A form of the desk's, in a dialog. It stays open, with what was entered, until the desk has taken it.

import { drawField, make } from "./fields.js";
import { $, uuid } from "./page.js";

const dialog = $("dialog");
const drafts = new Map(); // what was entered into a form that was closed before it was sent
let close = () => {};

dialog.addEventListener("close", () => close());
dialog.addEventListener("click", (event) => {
  if (event.target === dialog && !isTouched()) dialog.close(); // the backdrop
});

const isTouched = () => [...dialog.querySelectorAll("input, textarea, select")].some((one) => one.dataset.touched);

/** Show `form`; `submit(answers, eventId, waiting)` resolves to the desk's reaction. Focus returns to `opener`. */
export function openForm(form, submit, opener = document.activeElement) {
  const draft = form.id ? `${form.id} ${form.value}` : null;
  const kept = drafts.get(draft) || {};
  const shape = make("form", { className: "form", noValidate: true, method: "dialog" });
  const fields = form.fields.map((field) => drawField({ ...field, value: kept[field.id] ?? field.value }, form));
  const trouble = make("p", { className: "form-trouble", role: "alert", hidden: true });
  const send = make("button", { className: `button ${form.style || "primary"}`, type: "submit" });
  send.textContent = form.submit;
  const cancel = make("button", { className: "button plain", type: "button", textContent: "Cancel" });
  cancel.addEventListener("click", () => dialog.close());
  const actions = make("div", { className: "form-actions" }, [cancel, send]);
  const title = make("h2", { id: "dialog-title", textContent: form.title });
  const text = form.text ? [make("p", { textContent: form.text })] : [];
  shape.append(title, ...text, ...fields.map((field) => field.row), trouble, actions);

  const read = () => Object.fromEntries(fields.map((field) => [field.id, field.read()]));
  if (draft) shape.addEventListener("input", () => drafts.set(draft, read()));

  shape.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answers = read();
    if (complain(fields, missing(fields, answers))) return;
    send.disabled = true;
    send.textContent = "Sending…";
    trouble.hidden = true;
    const waiting = () => (send.textContent = "Still sending…");
    try {
      const reaction = await submit(answers, uuid(), waiting);
      if (!shape.isConnected) return; // closed meanwhile; the desk has it all the same
      if (reaction.kind === "errors") {
        const others = Object.entries(reaction.errors).filter(([id]) => !fields.some((field) => field.id === id));
        say(others.map(([, sentence]) => sentence).join(" "));
        complain(fields, reaction.errors);
      } else if (reaction.kind === "form") {
        drafts.delete(draft);
        openForm(reaction.form, submit, opener);
        return;
      } else {
        drafts.delete(draft);
        dialog.close();
      }
    } catch (error) {
      say(error.message);
    }
    send.disabled = false;
    send.textContent = form.submit;
  });

  function say(sentence) {
    trouble.textContent = sentence;
    trouble.hidden = !sentence;
  }

  dialog.replaceChildren(shape);
  close = () => {
    dialog.replaceChildren();
    backTo(opener);
  };
  if (!dialog.open) dialog.showModal();
  (fields[0]?.control || send).focus();
}

/** Give the focus back to the button that opened the form, or to the one that was drawn in its place. */
function backTo(opener) {
  const { button, value } = opener?.dataset ?? {};
  const drawnAnew = [...document.querySelectorAll("button[data-button]")].find(
    (one) => one.dataset.button === button && one.dataset.value === value,
  );
  (opener?.isConnected ? opener : drawnAnew)?.focus({ preventScroll: true });
}

function missing(fields, answers) {
  const empty = fields.filter((field) => field.required && !answers[field.id].trim());
  return Object.fromEntries(empty.map((field) => [field.id, "Please fill this in."]));
}

/** Put each sentence under its field; returns whether there was one. */
function complain(fields, errors) {
  let first = null;
  for (const field of fields) {
    const sentence = errors[field.id] || "";
    field.error.textContent = sentence;
    field.error.hidden = !sentence;
    field.control.setAttribute("aria-invalid", String(Boolean(sentence)));
    if (sentence) first ??= field;
  }
  first?.control.focus();
  return Boolean(first);
}
