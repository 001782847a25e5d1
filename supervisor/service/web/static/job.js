// A job's page: shown from one answer, which is asked for again when an event says that something happened.

import { chart } from "./chart.js";
import { ask, count, duration, keep, live, make, money, say, text, words } from "./common.js";

const place = (id) => document.getElementById(id);
const job = Number(place("job").dataset.id), api = `/api/v1/jobs/${job}`;
const OFTEN_MS = 400, CLOCK_MS = 1000, LOG_LINES = 300;
const charts = { cost: chart("Cost"), tokens: chart("Tokens"), rate: chart("Items a minute"), eta: chart("Time left") };
let last = 0, waiting, shown = null, shownAt = 0, history = [];
place("charts").append(...Object.values(charts).map((each) => each.figure));

const LETTERS = { w: "waiting", r: "running", t: "retried", d: "done", f: "failed" };

function facts(view) {
  const step = view.current_step ? `${view.current_step.name} (${view.steps.findIndex((s) => s.id === view.current_step.id) + 1} of ${view.steps.length})` : "none";
  const goes = goesOn(view);
  return [["Progress", `${view.progress} %`], goes && ["Step", step], ["Elapsed", duration(view.elapsed_s)], goes && ["Left", duration(view.eta_s)],
    ["Cost", money(view.cost_usd)], goes && ["Cost at the end", money(view.projected_cost_usd)], ["Tokens", count(view.tokens)], ["Sessions", count(view.sessions)], ["Retries", count(view.retries)],
    view.unfinished_items && ["Unfinished", `${count(view.unfinished_items)} items`], view.mended_outputs && ["Outputs mended", count(view.mended_outputs)]].filter(Boolean);
}

const goesOn = (view) => ["queued", "running", "paused", "stopping", "interrupted"].includes(view.status);

function showGrid(step, grid) {
  const cells = step.querySelector(".grid");
  while (cells.children.length < grid.cells.length) cells.append(make("i", { className: "cell" }));
  while (cells.children.length > grid.cells.length) cells.lastElementChild.remove();
  const sums = {};
  [...grid.cells].forEach((letter, index) => {
    const cell = cells.children[index];
    sums[letter] = (sums[letter] ?? 0) + 1;
    if (cell.dataset.s !== letter) {
      cell.dataset.s = letter;
      cell.title = `${grid.each > 1 ? `batches from ${index * grid.each + 1}` : `batch ${index + 1}`}: ${LETTERS[letter]}`;
    }
  });
  const told = Object.entries(sums).map(([letter, n]) => `${n} ${LETTERS[letter]}`).join(", ");
  cells.setAttribute("aria-label", `Batches${grid.each > 1 ? `, ${grid.each} in a cell` : ""}: ${told || "none yet"}`);
}

function sessionRow() {
  return make("li", {}, make("b"), make("span", { className: "faint" }), make("span", { className: "last" }));
}

function show(state) {
  const view = state.job;
  shown = view;
  shownAt = performance.now();
  text(place("status"), words(view.status));
  place("status").dataset.s = place("progress").dataset.s = view.status;
  text(place("detail"), view.error_message ?? view.detail);
  place("progress").value = view.progress;
  keep(place("facts"), facts(view), ([name]) => name, ([name]) => make("div", {}, make("dt", { textContent: name }), make("dd")), (row, [, value]) => text(row.lastElementChild, value));
  keep(place("steps"), view.steps, (step) => step.id,
    (step) => make("div", { className: "step card" }, make("h3", {}, step.name, make("span")), make("div", { className: "grid", role: "img" })),
    (row, step) => {
      text(row.querySelector("h3 span"), `${words(step.status)} · ${count(step.batches_done)} of ${count(step.batches_total)} batches · ${count(step.items_merged)} of ${count(step.items_total)} items${step.items_failed ? ` · ${count(step.items_failed)} failed` : ""}`);
      showGrid(row, state.grid.find((each) => each.step === step.id));
    });
  keep(place("running"), view.running, (each) => each.name, sessionRow, (row, each) => {
    const [name, age, line] = row.children;
    if (!name.firstElementChild) name.append(make("a", { href: `/jobs/${job}/sessions/${each.name}`, textContent: `Step ${each.step}, batch ${each.batch}, session ${each.attempt}` }));
    text(age, `${each.agent} · ${duration(each.age_s)}`);
    text(line, state.last_lines[each.name] ?? "");
  });
  place("idle").hidden = view.running.length > 0;
  place("failed-part").hidden = !view.failed_items_total;
  keep(place("failed"), view.failed_items, (item) => `${item.step}/${item.id}`,
    (item) => make("li", {}, make("b", { textContent: item.id }), make("span", { className: "faint", textContent: `step ${item.step}` }), make("p")),
    (row, item) => text(row.lastElementChild, item.errors.map((each) => [`${each.type}: ${each.message}`, each.suggestion].filter(Boolean).join(" — ")).join("\n")));
  keep(place("sessions"), state.sessions, (each) => each.name, sessionRow, (row, each) => {
    const [name, outcome] = row.children;
    if (!name.firstElementChild) name.append(make("a", { href: `/jobs/${job}/sessions/${each.name}`, textContent: `Step ${each.step}, batch ${each.batch}, session ${each.attempt}` }));
    text(outcome, `${words(each.outcome)} · ${each.duration_s === null ? each.agent : duration(each.duration_s)}`);
  });
  if (place("find-step").children.length !== view.steps.length) place("find-step").replaceChildren(...view.steps.map((step) => make("option", { value: step.id, textContent: step.name })));
  place("output-part").hidden = !view.output_url;
  const goes = goesOn(view);
  place("cancel").hidden = !goes && view.status !== "stopped";
  place("retry").hidden = goes || view.status === "completed";
  place("job").ariaBusy = "false";
  document.title = `${view.progress} % · job ${job} · ${view.workflow_name}`;
}

function draw() {
  const over = (name) => history.map((point) => [point.at, point[name] ?? null]);
  charts.cost.draw(over("cost_usd"), money);
  charts.tokens.draw(over("tokens"), count);
  charts.eta.draw(over("eta_s"), duration);
  charts.rate.draw(history.slice(1).map((point, index) => {
    const back = history[Math.max(0, index - 8)];
    const seconds = point.elapsed_s - back.elapsed_s;
    return [point.at, seconds > 0 ? (60 * (point.items_merged - back.items_merged)) / seconds : null];
  }), (n) => count(Math.round(n)));
}

async function refresh() {
  waiting = undefined;
  try {
    const state = await ask(`/page/jobs/${job}`);
    last ||= state.events_from;
    show(state);
    draw();
  } catch (error) {
    say(error.message);
  }
}

const soon = () => (waiting ??= setTimeout(refresh, OFTEN_MS));

function heard(message) {
  const event = JSON.parse(message.data);
  last = event.id;
  const log = place("log"), atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const line = make("li", {}, make("time", { textContent: new Date(event.at * 1000).toLocaleTimeString([], { hour12: false }) }), ` ${event.text}`);
  line.dataset.level = event.level;
  log.append(line);
  while (log.children.length > LOG_LINES) log.firstElementChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
  if (event.kind === "batch_ended" && event.at > (history.at(-1)?.at ?? 0)) history.push({ at: event.at, ...event.data });
  if (history.length > 2000) history = history.filter((_, index) => index % 2 === 0);
  soon();
}

// Every kind of event has its own name; a stream that is read by hand hears them all.
let stopReading;
async function follow() {
  stopReading?.abort();
  if (document.hidden) return live("hidden");
  const reading = (stopReading = new AbortController());
  try {
    const answer = await fetch(`${api}/events?after=${last}`, { signal: reading.signal, headers: { Accept: "text/event-stream" } });
    if (!answer.ok) throw new Error(answer.statusText);
    live("live");
    soon();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) throw new Error("ended");
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      for (const part of parts) {
        const data = part.split("\n").find((line) => line.startsWith("data: "));
        if (data) heard({ data: data.slice(6) });
      }
    }
  } catch (error) {
    if (reading.signal.aborted) return;
    live("lost");
    setTimeout(() => { if (stopReading === reading) follow(); }, 1000 + Math.random() * 1000);
  }
}

place("cancel").addEventListener("click", () => place("confirm").showModal());
place("confirm").addEventListener("close", async () => {
  if (place("confirm").returnValue !== "yes") return;
  try { await ask(api, "DELETE"); say("The job is being cancelled."); } catch (error) { say(error.message); }
  soon();
});
place("retry").addEventListener("click", async () => {
  try { await ask(`${api}/retry`, "POST"); say("What failed is tried again."); } catch (error) { say(error.message); }
  soon();
});
place("find").addEventListener("submit", async (event) => {
  event.preventDefault();
  const step = place("find-step").value, batch = place("find-batch").value;
  try {
    const found = await ask(`/page/jobs/${job}/batch?step=${step}&number=${batch}`);
    if (found.length) location.assign(`/jobs/${job}/sessions/${found.at(-1).name}`);
    else say(`Batch ${batch} has no session yet.`);
  } catch (error) { say(error.message); }
});
setInterval(() => {
  if (!shown || document.hidden || shown.status !== "running") return;
  const passed = (performance.now() - shownAt) / 1000;
  shown.running.forEach((each, index) => { const row = place("running").children[index]; if (row) text(row.children[1], `${each.agent} · ${duration(each.age_s + passed)}`); });
}, CLOCK_MS);
document.addEventListener("visibilitychange", follow);

async function begin() {
  try { history = await ask(`${api}/history`); } catch (error) { say(error.message); }
  await refresh();
  follow();
}
begin();
