// つながるデスク: everything works without this file; with it, results follow the typing and keys work.
// State lives in the form and is drawn by the server; this swaps the parts that may change.

const WAIT = 180; // ms of rest before a search: shorter than a breath, longer than a keystroke
const LIVE = ["heard", "live"];
const SEARCHING_AFTER = 300;

const desk = document.querySelector("form[data-live]");
const isComposing = (event) => event.isComposing || event.keyCode === 229;

/* ---- the consultation follows the typing ---- */
let timer = 0;
let queue = Promise.resolve(); // deeds (buttons) follow one another, none is lost
let typing = null; // the search a later letter may cancel

function refresh(button) {
  clearTimeout(timer);
  typing?.abort();
  if (button?.name) {
    queue = queue.then(() => ask(button));
  } else {
    typing = new AbortController();
    const { signal } = typing;
    queue = queue.then(() => (signal.aborted ? null : ask(null, signal)));
  }
}

async function ask(button, signal) {
  const body = new URLSearchParams(new FormData(desk));
  if (button) body.append(button.name, button.value);
  const late = setTimeout(() => say("探しています…"), SEARCHING_AFTER);
  try {
    const answer = await fetch(desk.action, { method: "POST", body, signal, credentials: "same-origin" });
    if (answer.status === 401) return logInAgain();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("live")) throw new Error(String(answer.status));
    draw(page);
  } catch (error) {
    if (error.name !== "AbortError") say("つながりません。文はこのまま残っています。通信を確かめ、もう一度打ってください。");
  } finally {
    clearTimeout(late);
  }
}

// The session has ended: the form travels to the login page, which keeps its words.
function logInAgain() {
  leaving = true;
  desk.submit();
}

function say(message) {
  let line = document.getElementById("searching");
  if (!line) {
    line = Object.assign(document.createElement("p"), { id: "searching", className: "searching" });
    line.setAttribute("role", "status");
    document.getElementById("find").prepend(line);
  }
  line.textContent = message;
}

function draw(page) {
  const focused = document.activeElement?.id;
  const memoKey = document.getElementById("memo")?.dataset.key;
  const folded = [...document.querySelectorAll("details[id]:not([open])")].map((d) => d.id);
  const opened = [...document.querySelectorAll("details[id][open]")].map((d) => d.id);
  for (const id of LIVE) {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (old.innerHTML !== fresh.innerHTML) old.replaceWith(fresh);
  }
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  const memo = document.getElementById("memo");
  if (memo && folded.includes("memo") && memo.dataset.key === memoKey) memo.removeAttribute("open");
  document.getElementById("said").textContent = document.getElementById("live").dataset.said;
  restoreFocus(focused);
}

// Where the focus was, or what stands for it now; never a button that would do something else.
function restoreFocus(id) {
  if (!id || document.activeElement?.id === id) return;
  const stands = { unpick: "tie-title", drop: "browse-all", back: "browse-all", add: "browse-all", pick: "tie-title" };
  const target = document.getElementById(id) ?? document.getElementById(stands[id.split("-")[0]] ?? "story");
  target?.focus({ preventScroll: true });
}

let leaving = false;
if (desk) {
  const story = document.getElementById("story");
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, WAIT);
  };
  story.addEventListener("input", (event) => { if (!event.isComposing) later(); });
  story.addEventListener("compositionstart", () => clearTimeout(timer));
  story.addEventListener("compositionend", later);
  desk.addEventListener("change", (event) => { if (event.target.type === "checkbox") refresh(); });
  desk.addEventListener("submit", (event) => {
    if (event.submitter?.hasAttribute("data-native") && !leaving) {
      leaving = true; // one sheet, however long the key is held
      return;
    }
    event.preventDefault();
    if (!leaving) refresh(event.submitter);
  });
  addEventListener("beforeunload", (event) => { if (story.value.trim() && !leaving) event.preventDefault(); });
  addEventListener("pageshow", () => { leaving = false; });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-leave]")) leaving = true;
    if (event.target.closest("[data-help]")) {
      event.preventDefault();
      KEYS.help();
    }
  });
  // A page brought back by the browser shows what was typed, without its results: ask again.
  if (story.value && !document.querySelector("#find .group, #find .out, #find .notice")) refresh();
}

/* ---- keys: never while a conversion is open ---- */
const KEYS = {
  memo() {
    const memo = document.getElementById("memo");
    if (!memo) return document.getElementById("memo-button")?.click();
    if (memo.open) document.getElementById("asks").open = true;
    memo.open = true;
    memo.querySelector("summary").focus();
  },
  fold() {
    const memo = document.getElementById("memo");
    if (!memo?.open) return;
    memo.open = false;
    if (memo.contains(document.activeElement)) document.getElementById("story")?.focus({ preventScroll: true });
  },
  pick(digit) {
    document.querySelector(`[data-key="${digit}"]:is(button)`)?.click();
  },
  go() {
    const button = ["make-sheet", "check-sheet", "save-sheet", "send-sheet"].map((id) => document.getElementById(id)).find(Boolean);
    if (button) button.click();
    else if (desk) say("窓口を1つ以上「シートに入れる」で選んでください。");
  },
  help() {
    const dialog = document.getElementById("help");
    if (dialog) dialog.showModal();
    else location.assign("/help");
  },
};

document.addEventListener("keydown", (event) => {
  if (isComposing(event) || event.repeat) return;
  const digit = event.altKey && !event.ctrlKey && /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  const typing = event.target.matches("textarea, input:not([type=checkbox], [type=radio]), select");
  if (digit) {
    event.preventDefault();
    if (digit[1] === "0") KEYS.memo();
    else KEYS.pick(digit[1]);
  } else if (event.key === "Enter" && event.ctrlKey) {
    event.preventDefault();
    KEYS.go();
  } else if (event.key === "Escape") {
    KEYS.fold();
  } else if (event.key === "?" && !typing) {
    KEYS.help();
  }
});

/* ---- the sheet: nothing typed is lost by leaving ---- */
for (const sheet of document.querySelectorAll("form[data-guarded]")) {
  let changed = sheet.dataset.guarded === "changed";
  sheet.addEventListener("input", () => { changed = true; });
  sheet.addEventListener("submit", (event) => {
    changed = false;
    const button = event.submitter;
    if (button) setTimeout(() => { button.setAttribute("aria-busy", "true"); }, SEARCHING_AFTER);
  });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}
document.querySelector(".faults a")?.focus();

/* ---- one press is enough ---- */
for (const form of document.querySelectorAll("form[data-once]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => { sent = false; });
}
for (const button of document.querySelectorAll("[data-ask]")) {
  button.addEventListener("click", (event) => { if (!confirm(button.dataset.ask)) event.preventDefault(); });
}

/* ---- an answer or a new sheet is told on every open page ---- */
const news = document.getElementById("news");
const NEWS_EVERY = 60_000;
async function askNews() {
  const answer = await fetch(news.dataset.url, { credentials: "same-origin", redirect: "error" }).catch(() => null);
  if (!answer?.ok) return;
  const found = await answer.json();
  const told = [
    found.news > Number(news.dataset.news) ? "シートに新しい返事があります。" : "",
    found.waiting > Number(news.dataset.waiting) ? "受信箱に新しいシートが届きました。" : "",
  ].join("");
  for (const [id, count] of [["count-write", found.news], ["count-receive", found.waiting]]) {
    const badge = document.getElementById(id);
    if (badge) {
      badge.firstChild.textContent = count;
      badge.hidden = count === 0;
    }
  }
  Object.assign(news.dataset, { news: found.news, waiting: found.waiting });
  if (told) {
    news.textContent = told;
    news.hidden = false;
  }
}
if (news) setInterval(askNews, NEWS_EVERY);

/* ---- a file in the making tells how far it is ---- */
const making = document.getElementById("making");
async function askProgress() {
  const found = await fetch(making.dataset.url, { credentials: "same-origin" }).then((answer) => answer.json()).catch(() => null);
  if (!found) return;
  if (found.ready || found.fault) location.reload();
  making.textContent = `作っています。${found.done} / ${found.total}`;
  document.getElementById("bar").value = found.done;
}
if (making) setInterval(askProgress, 1_000);

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
