// The page's fixed facts, what it shows now, and small tools that every module uses.

export const page = document.body.dataset;
export const $ = (id) => document.getElementById(id);
export const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const asked = new URLSearchParams(location.search);

/** Whose eyes the page looks through, and at what. */
export const view = {
  employee: page.person || pick("employee"),
  technician: page.mode === "employee" ? "" : page.person || pick("technician"),
  conversation: "",
  channel: asked.get("channel") || remembered("channel"),
  depth: "",
};

function pick(side) {
  const select = $(side);
  const wanted = asked.get(side) || remembered(side);
  if ([...select.options].some((option) => option.value === wanted)) select.value = wanted;
  return select.value;
}

/** Keep the choice for a reload and for the next window. */
export function keepView() {
  const chosen = new URLSearchParams();
  for (const name of page.mode === "demo" ? ["employee", "technician", "channel"] : ["channel"]) {
    if (view[name]) {
      chosen.set(name, view[name]);
      remember(name, view[name]);
    }
  }
  history.replaceState(null, "", chosen.size ? `?${chosen}` : location.pathname);
}

// Storage may be switched off; then the page only forgets sooner.

export function remembered(name, otherwise = "") {
  try {
    return localStorage.getItem(`firstline:${name}`) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(name, text) {
  try {
    localStorage.setItem(`firstline:${name}`, text);
  } catch {
    // full or switched off
  }
}

/** What only this window keeps, over a reload. */
export function sessionRemembered(name) {
  try {
    return sessionStorage.getItem(`firstline:${name}`) ?? "";
  } catch {
    return "";
  }
}

export function sessionRemember(name, text) {
  try {
    sessionStorage.setItem(`firstline:${name}`, text);
  } catch {
    // full or switched off
  }
}

export function forgetAll() {
  try {
    Object.keys(localStorage)
      .filter((key) => key.startsWith("firstline:"))
      .forEach((key) => localStorage.removeItem(key));
    sessionStorage.clear();
  } catch {
    // nothing was kept
  }
}

/** 122 random bits. `crypto.randomUUID` exists only on https and localhost; a help desk may be plain http inside. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The first element of a fragment that the server rendered and escaped. */
export function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

/** A copy of a <template>'s only element. */
export function fromTemplate(id) {
  return $(id).content.firstElementChild.cloneNode(true);
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
