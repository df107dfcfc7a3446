// The fields of a form, drawn from their description.

import { place } from "./times.js";

const FEW = 6; // choices that are all shown at once

/** A row of the form: its element, the control that takes the focus, and `read()` for what was entered. */
export function drawField(field, form) {
  const id = `field-${field.id}`;
  const few = field.kind === "choice" && field.choices.length <= FEW;
  const { control, read, body = control } = (few ? drawRadios : DRAW[field.kind])(field, id);
  const words = field.hint || (field.kind === "moment" ? `Times are those of ${place(form.timezone)}.` : "");
  const hint = make("p", { className: "field-hint", id: `${id}-hint`, textContent: words, hidden: !words });
  const error = make("p", { className: "field-error", id: `${id}-error`, hidden: true });
  control.setAttribute("aria-describedby", `${hint.id} ${error.id}`);
  if (field.required) control.setAttribute("aria-required", "true");
  control.addEventListener("input", () => (control.dataset.touched = "yes"));
  const name = field.required ? field.label : `${field.label} (optional)`;
  const label = few ? make("legend", { textContent: name }) : make("label", { htmlFor: id, textContent: name });
  const row = make(few ? "fieldset" : "div", { className: "field" }, [label, body, hint, error]);
  return { id: field.id, required: field.required, row, control, read, error };
}

const DRAW = {
  text: (field, id) => simple(make("input", { id, maxLength: field.longest, autocomplete: "off" }), field),
  long_text: (field, id) => simple(make("textarea", { id, rows: 5, maxLength: field.longest }), field),
  moment: (field, id) => simple(make("input", { id, type: "datetime-local" }), field),
  choice: (field, id) => simple(make("select", { id }, options(field)), field),
};

function simple(control, field) {
  control.value = field.value;
  return { control, read: () => control.value };
}

function options(field) {
  const isChosen = field.required && field.choices.some((choice) => choice.value === field.value);
  const blank = { value: "", label: field.required ? "Please choose…" : "–" };
  return (isChosen ? field.choices : [blank, ...field.choices]).map(({ value, label }) =>
    make("option", { value, textContent: label }),
  );
}

function drawRadios(field, id) {
  const radios = field.choices.map(({ value }, index) => {
    const checked = value === field.value;
    return make("input", { type: "radio", name: id, id: `${id}-${index}`, value, checked });
  });
  const rows = radios.map((radio, index) => make("label", { className: "radio" }, [radio, field.choices[index].label]));
  const chosen = () => radios.find((radio) => radio.checked);
  return {
    control: chosen() || radios[0],
    read: () => chosen()?.value ?? "",
    body: make("div", { className: "radios" }, rows),
  };
}

export function make(tag, properties, children = []) {
  const { role, ...others } = properties;
  const made = Object.assign(document.createElement(tag), others);
  if (role) made.setAttribute("role", role);
  made.append(...children);
  return made;
}
