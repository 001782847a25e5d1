// A line over time, as SVG: small enough to need no library.

const SPACE = "http://www.w3.org/2000/svg", WIDTH = 300, HEIGHT = 80;

export function chart(title) {
  const figure = document.createElement("figure");
  figure.className = "chart card";
  const caption = document.createElement("figcaption"), name = document.createElement("span"), value = document.createElement("b");
  name.textContent = title;
  caption.append(name, value);
  const svg = document.createElementNS(SPACE, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  const area = document.createElementNS(SPACE, "path"), line = document.createElementNS(SPACE, "path");
  area.setAttribute("class", "area");
  line.setAttribute("class", "line");
  svg.append(area, line);
  figure.append(caption, svg);
  return {
    figure,
    draw(points, words) {
      const known = points.filter(([, y]) => y !== null);
      const last = known.at(-1);
      value.textContent = last ? words(last[1]) : "unknown";
      svg.setAttribute("aria-label", last ? `${title}: from ${words(known[0][1])} to ${words(last[1])}` : `${title}: unknown`);
      if (known.length < 2) return;
      const from = known[0][0], over = Math.max(1e-9, last[0] - from), most = Math.max(1e-9, ...known.map(([, y]) => y));
      const path = known.map(([x, y]) => `${(((x - from) / over) * WIDTH).toFixed(1)} ${(HEIGHT - (y / most) * (HEIGHT - 4)).toFixed(1)}`).join("L");
      line.setAttribute("d", `M${path}`);
      area.setAttribute("d", `M0 ${HEIGHT}L${path}L${WIDTH} ${HEIGHT}Z`);
    },
  };
}
