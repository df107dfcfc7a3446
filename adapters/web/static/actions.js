// Clicks on the desk's buttons, forms that follow from them, and changes to one's own messages.

import { uuid } from "./page.js";
import { openForm } from "./forms.js";
import { toast } from "./notices.js";
import { persist, Refused } from "./requests.js";

/** Let the buttons in `root` work for the person `who()`. */
export function listen(root, who) {
  root.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const article = button?.closest("article[data-reply]");
    if (!article) return;
    if (button.dataset.button) press(button, article, who());
    else if (button.dataset.act === "edit") edit(article, who());
    else if (button.dataset.act === "delete") remove(article, who());
  });
}

async function press(button, article, as) {
  if (button.ariaBusy === "true") return;
  const menu = button.closest("details.menu");
  const opener = menu?.querySelector("summary") || button;
  menu?.removeAttribute("open");
  const route = article.dataset.reply;
  const event = uuid();
  button.ariaBusy = "true";
  opener.classList.add("busy");
  try {
    const body = { as, route, event, button: button.dataset.button, value: button.dataset.value };
    react(await persist("/api/button", body, sayWaiting), { as, route, opener });
  } catch (error) {
    complain(error);
  } finally {
    button.ariaBusy = null;
    opener.classList.remove("busy");
  }
}

export function react(reaction, place) {
  if (reaction.kind === "toast") toast(reaction.text);
  if (reaction.kind === "form") showForm(reaction.form, place);
}

function showForm(form, place) {
  let shown = form;
  const submit = async (answers, event, waiting) => {
    const body = { as: place.as, route: place.route, event, form: shown.id, value: shown.value, answers };
    const reaction = await persist("/api/form", body, waiting);
    if (reaction.kind === "toast") toast(reaction.text);
    if (reaction.kind === "form") shown = reaction.form;
    return reaction;
  };
  openForm(form, submit, place.opener);
}

function edit(article, as) {
  const { id, route } = whichMessage(article);
  const value = article.querySelector(".words").textContent;
  const field = { id: "text", label: "Your message", kind: "long_text", value, required: true, longest: 40000 };
  openForm({ title: "Edit your message", submit: "Save", fields: [field] }, (answers, event, waiting) =>
    persist("/api/message/edit", { as, route, id, event, text: answers.text }, waiting),
  );
}

function remove(article, as) {
  const { id, route } = whichMessage(article);
  const title = "Delete this message?";
  const text = "Whoever it was passed on to no longer sees it either.";
  const form = { title, text, submit: "Delete", style: "danger", fields: [] };
  openForm(form, (answers, event, waiting) => persist("/api/message/delete", { as, route, id, event }, waiting));
}

function whichMessage(article) {
  return { id: article.closest(".entry").dataset.id, route: article.dataset.reply };
}

const sayWaiting = () =>
  toast("The desk cannot be reached just now. Your click is kept and sent as soon as it is back.");

function complain(error) {
  toast(error instanceof Refused ? error.message : "This did not work. Please try again.");
}
