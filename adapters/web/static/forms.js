// A form of the desk's, in a dialog. It stays open, with what was entered, until the desk has taken it.

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
  const fields = form.fields.map((field) => drawField({ ...field, value: kept[field.id] ?? field.value }));
  const trouble = make("p", { className: "form-trouble", role: "alert", hidden: true });
  const send = make("button", { className: `button ${form.style || "primary"}`, type: "submit", textContent: form.submit });
  const cancel = make("button", { className: "button plain", type: "button", textContent: "Cancel" });
  cancel.addEventListener("click", () => dialog.close());
  const zone = form.fields.some((field) => field.kind === "moment") ? [zoneNote(form.timezone)] : [];
  const actions = make("div", { className: "form-actions" }, [cancel, send]);
  const title = make("h2", { id: "dialog-title", textContent: form.title });
  const text = form.text ? [make("p", { textContent: form.text })] : [];
  shape.append(title, ...text, ...fields.map((field) => field.row), ...zone, trouble, actions);

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
    if (opener?.isConnected) opener.focus({ preventScroll: true });
  };
  if (!dialog.open) dialog.showModal();
  (fields[0]?.control || send).focus();
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

const FEW = 6;

function drawField(field) {
  const id = `field-${field.id}`;
  const few = field.kind === "choice" && field.choices.length <= FEW;
  const draw = few ? drawRadios : { choice: drawSelect, long_text: drawLong, moment: drawMoment, text: drawText }[field.kind];
  const { control, read, body = control } = draw(field, id);
  const hint = make("p", { className: "field-hint", id: `${id}-hint`, textContent: field.hint, hidden: !field.hint });
  const error = make("p", { className: "field-error", id: `${id}-error`, hidden: true });
  control.setAttribute("aria-describedby", `${hint.id} ${error.id}`);
  if (field.required) control.setAttribute("aria-required", "true");
  control.addEventListener("input", () => (control.dataset.touched = "yes"));
  const words = field.required ? field.label : `${field.label} (optional)`;
  const label = few
    ? make("legend", { textContent: words })
    : make("label", { htmlFor: id, textContent: words });
  const row = make(few ? "fieldset" : "div", { className: "field" }, [label, body, hint, error]);
  return { id: field.id, required: field.required, row, control, read, error };
}

const simple = (control) => ({ control, read: () => control.value });

function drawText(field, id) {
  return simple(make("input", { id, type: "text", value: field.value, maxLength: field.longest, autocomplete: "off" }));
}

function drawLong(field, id) {
  return simple(make("textarea", { id, rows: 5, value: field.value, maxLength: field.longest }));
}

function drawMoment(field, id) {
  return simple(make("input", { id, type: "datetime-local", value: field.value }));
}

function drawSelect(field, id) {
  const blank = { value: "", label: field.required ? "Please choose…" : "–" };
  const choices = field.choices.some((choice) => choice.value === field.value) && field.required ? [] : [blank];
  const options = [...choices, ...field.choices].map((choice) =>
    make("option", { value: choice.value, textContent: choice.label }),
  );
  const control = make("select", { id }, options);
  control.value = field.value;
  return simple(control);
}

function drawRadios(field, id) {
  const radios = field.choices.map((choice, index) =>
    make("input", { type: "radio", name: id, id: `${id}-${index}`, value: choice.value, checked: choice.value === field.value }),
  );
  const rows = radios.map((radio, index) => make("label", { className: "radio" }, [radio, field.choices[index].label]));
  const control = radios.find((radio) => radio.checked) || radios[0];
  return { control, read: () => radios.find((radio) => radio.checked)?.value ?? "", body: make("div", { className: "radios" }, rows) };
}

function zoneNote(zone) {
  return make("p", { className: "field-hint", textContent: `Times are those of ${zone.split("/").pop().replaceAll("_", " ")}.` });
}

function make(tag, properties, children = []) {
  const { role, ...others } = properties;
  const made = Object.assign(document.createElement(tag), others);
  if (role) made.setAttribute("role", role);
  made.append(...children);
  return made;
}
