// The list of jobs, and the start of one.

import { ask, count, duration, keep, live, make, money, say, text, words } from "./common.js";

const place = (id) => document.getElementById(id);
const EVERY_MS = 3000;
let pages = 1, timer, workflows = [];

function build(job) {
  const link = make("a", { className: "card", href: `/jobs/${job.job_id}` });
  link.append(
    make("span", { className: "number", textContent: job.job_id }),
    make("span", { className: "name" }, `${job.workflow_name} `, make("small", { textContent: job.target })),
    make("span", { className: "chip" }),
    make("progress", { max: 100 }),
    make("span", { className: "facts-line" }),
  );
  return make("li", {}, link);
}

function change(row, job) {
  const [, , chip, bar, facts] = row.firstElementChild.children;
  text(chip, words(job.status));
  chip.dataset.s = bar.dataset.s = job.status;
  bar.value = job.progress;
  bar.setAttribute("aria-label", `Progress of job ${job.job_id}`);
  const parts = [`${job.progress} %`, job.current_step?.name, duration(job.elapsed_s), job.eta_s === null ? null : `${duration(job.eta_s)} left`, money(job.cost_usd) === "unknown" ? null : money(job.cost_usd), job.detail.split("\n")[0]];
  text(facts, parts.filter(Boolean).join(" · "));
}

async function refresh() {
  clearTimeout(timer);
  if (document.hidden) return live("hidden");
  try {
    let found = [], before = null;
    for (let page = 0; page < pages; page++) {
      const answer = await ask(`/api/v1/jobs${before ? `?before=${before}` : ""}`);
      found = found.concat(answer.jobs);
      before = answer.next_before;
      if (before === null) break;
    }
    keep(place("jobs"), found, (job) => job.job_id, build, change);
    place("jobs").ariaBusy = "false";
    place("none").hidden = found.length > 0;
    place("more").hidden = before === null;
    live("live");
  } catch (error) {
    live("lost");
  }
  timer = setTimeout(refresh, EVERY_MS);
}

function choose() {
  const chosen = workflows.find((each) => each.name === place("workflow").value);
  place("input").value = JSON.stringify(chosen?.example ?? { target: "" }, null, 2);
  place("errors").textContent = "";
}

place("new").addEventListener("click", async () => {
  try {
    workflows = (await ask("/api/v1/workflows")).workflows;
    place("workflow").replaceChildren(...workflows.map((each) => make("option", { value: each.name, textContent: each.version ? `${each.name} (version ${each.version})` : each.name })));
    choose();
    place("start").showModal();
  } catch (error) {
    say(error.message);
  }
});
place("workflow").addEventListener("change", choose);
place("submit").addEventListener("click", async (event) => {
  event.preventDefault();
  try {
    const input = JSON.parse(place("input").value);
    const job = await ask("/api/v1/workflow", "POST", { workflow_name: place("workflow").value, input_data: input });
    location.assign(`/jobs/${job.job_id}`);
  } catch (error) {
    place("errors").textContent = error.errors?.length ? error.errors.map((each) => `${each.pointer}: ${each.detail}`).join("\n") : error.message;
  }
});
place("more").addEventListener("click", () => { pages += 1; refresh(); });
document.addEventListener("visibilitychange", refresh);
refresh();
