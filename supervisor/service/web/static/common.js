// What the pages share: requests, words for numbers, and elements that are changed and not made anew.

export async function ask(path, method = "GET", body) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
  const said = await answer.json().catch(() => ({ detail: answer.statusText }));
  if (!answer.ok) throw Object.assign(new Error([said.detail, said.remedy].filter(Boolean).join(" ")), { errors: said.errors ?? [] });
  return said;
}

let quiet;
export function say(text) {
  const place = document.getElementById("said");
  place.textContent = text;
  clearTimeout(quiet);
  quiet = setTimeout(() => (place.textContent = ""), 6000);
}

export function live(state) {
  const place = document.getElementById("live");
  place.dataset.state = state;
  place.textContent = { live: "live", lost: "connection lost, trying again", hidden: "paused", connecting: "connecting" }[state];
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "unknown";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds), two = (n) => String(n).padStart(2, "0");
  const days = Math.floor(whole / 86400), hours = Math.floor(whole / 3600) % 24, minutes = Math.floor(whole / 60) % 60;
  const clock = hours || days ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  return days ? `${days} d ${clock}` : clock;
}

export const money = (usd) => (usd === null ? "unknown" : `$${usd.toFixed(usd >= 0.01 || usd === 0 ? 2 : 4)}`);
export const count = (n) => (n === null ? "unknown" : n.toLocaleString("en"));
export const words = (status) => status.replaceAll("_", " ");

export function make(tag, values = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(values)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// Brings a list to what `rows` say, by their keys: elements stay, and with them focus and what a screen reader reads.
export function keep(list, rows, key, build, change) {
  const known = new Map([...list.children].map((child) => [child.dataset.key, child]));
  const wanted = new Set(rows.map((row) => String(key(row))));
  known.forEach((child, name) => wanted.has(name) || child.remove());  // first: what is moved loses the focus
  let before = null;
  rows.forEach((row) => {
    const name = String(key(row));
    let child = known.get(name);
    if (!child) {
      child = build(row);
      child.dataset.key = name;
    }
    change(child, row);
    const place = before ? before.nextElementSibling : list.firstElementChild;
    if (place !== child) list.insertBefore(child, place);
    before = child;
  });
}

export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}
